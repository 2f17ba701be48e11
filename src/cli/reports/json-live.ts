import { isAsSaid, type LiveAnswer, type LiveWay } from '../../plan/live-answer.ts';
import { driftOut, uplinkOut } from './json-status.ts';

/** What the running kernel says, for programs. What could not be seen is null; the shape only ever grows. */
export function jsonLive(live: LiveAnswer): object {
  const { status, ways, line } = live;
  const { loaded, applied, uplinks, drift, unread } = status;
  return {
    agrees: isAsSaid(live) ?? null,
    loaded,
    applied: applied ?? null,
    ways: ways.map(wayOut),
    line:
      line === undefined
        ? null
        : {
            loaded: line.loaded ?? null,
            doubtful: line.doubts.length > 0,
            doubts: line.doubts,
            packets: line.count?.[0] ?? null,
            bytes: line.count?.[1] ?? null,
          },
    uplinks: uplinks.map(uplinkOut),
    drift: drift.map(driftOut),
    unread,
  };
}

function wayOut({ way, packet, family, argv, route, text, agrees, why, note }: LiveWay): object {
  const by = route.kind === 'by' ? route : undefined;
  return {
    packet,
    family,
    uplink: way.uplink,
    agrees,
    does: route.kind,
    dev: by?.device ?? null,
    gateway: by?.gateway ?? null,
    table: by?.table ?? null,
    to: by?.to ?? null,
    text,
    why,
    note: note ?? null,
    command: argv,
  };
}

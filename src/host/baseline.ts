import { readArtefactLines } from '../plan/read-artefacts.ts';
import { readDevices } from './devices.ts';
import type { Running } from './draw-plan.ts';
import { readRecord, writeRecord } from './records.ts';

/** Keeps what had gone by each uplink's device when it was first applied: what is told of since then goes by it. */
export function keepBaseline(running: Running | undefined): void {
  if (running === undefined) return;
  const devices = readDevices();
  if ('refused' in devices) return;
  const known = readRecord('baseline');
  const loads = readArtefactLines(new Map(Object.entries(running.files)));
  const its = new Set(loads.uplinks.map(({ device }) => device));
  const now = devices.value
    .filter(({ name }) => its.has(name))
    .map(({ name, index, received, sent }) => [name, { index, received, sent }] as const);
  writeRecord('baseline', {
    since: known?.since ?? new Date().toISOString(),
    devices: { ...Object.fromEntries(now), ...known?.devices },
  });
}

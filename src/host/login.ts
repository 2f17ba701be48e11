import { readFileSync } from 'node:fs';

/** No login at all: the audit subsystem's word for a daemon. */
const UNSET = '4294967295';

/**
 * What the login of this process is known by: the audit session, the kernel's session, and the connection of ssh,
 * which `sudo` hides and an ancestor still knows. Two processes are of one login if they share any of these.
 */
export function loginOf(): string[] {
  const audit = read('/proc/self/sessionid');
  const session = statOf('self')?.session;
  const ssh = sshConnection();
  return [
    ...(audit === undefined || audit === UNSET ? [] : [`audit ${audit}`]),
    ...(session === undefined ? [] : [`session ${session}`]),
    ...(ssh === undefined ? [] : [`ssh ${ssh}`]),
  ];
}

/** The nearest: of this process, or of one that it descends from. */
function sshConnection(): string | undefined {
  for (let pid = 'self'; pid !== '0' && pid !== ''; pid = statOf(pid)?.parent ?? '') {
    const environment = read(`/proc/${pid}/environ`)?.split('\0') ?? [];
    const found = environment.find((each) => each.startsWith('SSH_CONNECTION='));
    if (found !== undefined) return found.slice('SSH_CONNECTION='.length);
  }
  return undefined;
}

/** From proc(5): parent and session stand behind the name, which may hold anything. */
function statOf(pid: string): { readonly parent: string; readonly session: string } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const [, parent = '', , session = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent, session };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

// `node flood.mjs FROM TO PORT [AT_ONCE]`: datagrams without end, a new source port each, so that a router
// takes every one for a new flow; some thousands a second, or 125 times so many as are named.
import { createSocket } from 'node:dgram';

const PAUSE = 8;

const [from = '', to = '', port = '', atOnce = '40'] = process.argv.slice(2);

function send() {
  const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  // One that is refused is as good as one that is lost.
  socket.on('error', () => socket.close());
  socket.bind({ address: from }, () => socket.send('!', Number(port), to, () => socket.close()));
}

process.stdout.write('ready\n');
setInterval(() => {
  for (let count = 0; count < Number(atOnce); count += 1) send();
}, PAUSE);
process.stdin.resume().on('end', () => process.exit());

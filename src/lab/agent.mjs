// Runs in each namespace of the lab: `node agent.mjs RAW NAME PORT [USER]`; RAW is the text of
// send-raw.pl. It answers on that port, TCP and UDP, both families, with a line
// `NAME SEEN_SOURCE_ADDRESS`, and asks other agents what it reads from
// standard input: a list of questions a line, all asked at once, each
// `{"protocol", "from", "source", "to", "port", "wait"}`, and a list of answers a line, each
// `{"name", "seen"}` or `{"error"}`. With `"keep"` the connection stays open under that name, and
// `{"again", "wait"}` asks on it once more. A protocol that is a number is a packet as it is, with
// `"bytes"` and `"dscp"`, which nobody answers. It ends with its standard input.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

// It is run from a text: no name of its own stands in front.
const [raw = '', name = '', port = '', user = ''] = process.argv.slice(1);
// An IPv4 address on a socket of both families.
const greeting = (address) => `${name} ${address.replace(/^::ffff:/, '')}\n`;

async function serve() {
  const tcp = createServer((socket) => {
    socket.on('error', () => {});
    const greet = () => socket.write(greeting(socket.remoteAddress ?? ''));
    socket.on('data', greet);
    greet();
  });
  const udp = createSocket('udp6');
  // An answer that finds no way back is the asker's to notice.
  udp.on('error', () => {});
  udp.on('message', (_, { address, port: to }) => udp.send(greeting(address), to, address));
  await new Promise((done) => tcp.listen(Number(port), '::', done));
  await new Promise((done) => udp.bind(Number(port), '::', done));
}

/** Connections that stay open, by name. */
const kept = new Map();

/** The first of: an answer, an error, the end of patience. */
async function ask(question) {
  const { protocol, from, source, to, port: there, wait, keep, again } = question;
  let close = () => {};
  let timer;
  const answer = await new Promise((done) => {
    const hear = (data) => done(heard(data));
    const fail = (error) => done({ error: error.code ?? error.message });
    const startTimer = () => {
      timer = setTimeout(() => done({ error: 'timeout' }), wait);
    };
    if (typeof protocol !== 'number') startTimer();
    if (again !== undefined) close = once();
    else if (typeof protocol === 'number') send();
    else close = protocol === 'tcp' ? tcp() : udp();
    function once() {
      const socket = kept.get(again);
      socket.removeAllListeners('data').removeAllListeners('error');
      socket.on('data', hear).on('error', fail);
      socket.write('?');
      return () => {};
    }
    function tcp() {
      const socket = connect({ host: to, port: there, localAddress: from, localPort: source });
      socket.on('data', hear).on('error', fail);
      if (keep !== undefined) {
        kept.set(keep, socket);
        return () => {};
      }
      // Nothing may stay behind that is sent again during a later question.
      return () => (socket.connecting ? socket.destroy() : socket.resetAndDestroy());
    }
    function send() {
      const { bytes, dscp } = question;
      execFile('perl', ['-e', raw, `${protocol}`, from ?? '', to, bytes, `${dscp}`], (error) => {
        if (error) fail(error);
        else startTimer();
      });
    }
    function udp() {
      const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
      const sent = (error) => error && fail(error);
      const ready = (error) => (error ? fail(error) : socket.send('?', sent));
      socket.on('message', hear).on('error', fail);
      socket.bind({ address: from, port: source }, () => socket.connect(there, to, ready));
      return () => socket.close();
    }
  });
  clearTimeout(timer);
  close();
  return answer;
}

function heard(data) {
  // What was asked while the way was cut is answered late, and perhaps in the same breath.
  const [name, seen] = data.toString().split(/[ \n]/);
  return { name, seen };
}

await serve();
if (user !== '') process.setuid(/^\d+$/.test(user) ? Number(user) : user);
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const answers = await Promise.all(JSON.parse(line).map(ask));
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
process.exit();

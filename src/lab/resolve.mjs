// `node resolve.mjs PORT NAME` asks the resolver on that port of the machine itself for all addresses
// of a name, until it answers, and prints them in order.
import { Resolver } from 'node:dns/promises';
import { setTimeout } from 'node:timers/promises';

const [port = '', name = ''] = process.argv.slice(2);
const resolver = new Resolver({ timeout: 500, tries: 1 });
resolver.setServers([`127.0.0.1:${port}`]);
const deadline = Date.now() + 5000;

async function ask(type) {
  for (;;) {
    try {
      return await resolver.resolve(name, type);
    } catch (error) {
      if (error.code === 'ENODATA') return [];
      if (Date.now() > deadline) throw error;
      await setTimeout(20);
    }
  }
}

const addresses = [...(await ask('A')), ...(await ask('AAAA'))];
process.stdout.write(addresses.sort().join(' '));

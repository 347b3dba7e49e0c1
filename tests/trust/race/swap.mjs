// node swap.mjs HOW DIR NAME: changes what DIR/NAME is, as fast as it can, until it is killed (or half a minute is over). At every moment the
// file either holds what is good and may be executed, or holds what is evil and may not.
import { chmodSync, closeSync, linkSync, openSync, renameSync, statSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [how, dir, name] = process.argv.slice(2);
const at = join(dir, name);
const end = Date.now() + 30_000;
const WAYS = {
  // another file under the same name; DIR holds good-NAME and evil-NAME
  rename(which) {
    linkSync(join(dir, `${which}-${name}`), join(dir, 'next'));
    renameSync(join(dir, 'next'), at);
  },
  link(which) {
    symlinkSync(`${which}-${name}`, join(dir, 'next'));
    renameSync(join(dir, 'next'), at);
  },
  // the same file: its last bytes
  write(which) {
    if (which === 'evil') chmodSync(at, 0o644);
    const fd = opened();
    writeSync(fd, which, statSync(at).size - which.length);
    closeSync(fd);
    if (which === 'good') chmodSync(at, 0o755);
  },
};
// The kernel's check keeps writers out for a moment.
function opened() {
  for (;;) try { return openSync(at, 'r+'); } catch (e) { if (e.code !== 'ETXTBSY') throw e; }
}
// Either state lasts a moment, so that a reader meets both, and the change at any point of its reading.
function moment() {
  const until = performance.now() + Math.random() * 0.4;
  while (performance.now() < until);
}
process.stdout.write('swapping\n');
while (Date.now() < end) for (let i = 0; i < 50; i++) for (const which of ['evil', 'good']) {
  WAYS[how](which);
  moment();
}

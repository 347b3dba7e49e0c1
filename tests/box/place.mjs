// A project in a directory of its own, for the tests of the box.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npsx, run, temporary } from '../lib.mjs';

// files: path -> text, or an object (JSON). policy: what the application and packages hold.
export function place(label, { files = {}, policy = { app: {} } } = {}) {
  const dir = temporary(`box-${label}`);
  const at = (path) => join(dir, path);
  const write = (path, what) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), typeof what === 'string' || Buffer.isBuffer(what) ? what : JSON.stringify(what));
  };
  write('package.json', { name: 'x' });
  write('packsec.policy.json', { version: 1, ...policy });
  for (const [path, what] of Object.entries(files)) write(path, what);
  return {
    dir,
    at,
    write,
    // through: what starts npsx
    npsx: (args, { through = [], ...how } = {}) => run([...through, npsx, ...args], { cwd: dir, ...how }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

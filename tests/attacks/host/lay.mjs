// Lays out one application for one attack: app.js, the packages `attacker`, `bystander` and `granted` (the only
// one that holds anything: it may read the vault), a lockfile, a policy, and the vault.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export function layOut(dir, vector, secret) {
  const put = (name, text) => {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  };
  const json = (name, value) => put(name, `${JSON.stringify(value, null, 1)}\n`);
  for (const file of ['app.js', 'sloppy.js']) cpSync(join(here, file), join(dir, file));

  const dependencies = { attacker: '1.0.0', bystander: '1.0.0', granted: '1.0.0' };
  json('package.json', { name: 'target', version: '1.0.0', dependencies });
  json('packsec.policy.json', {
    version: 1,
    app: { ambient: true },
    packages: { granted: { 'fs.read': ['./vault/'] }, ...(vector.grants && { attacker: vector.grants }) },
  });
  const locked = { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==` };
  json('package-lock.json', {
    name: 'target', version: '1.0.0', lockfileVersion: 3, requires: true,
    packages: {
      '': { name: 'target', version: '1.0.0', dependencies },
      ...Object.fromEntries(Object.keys(dependencies).map((name) => [`node_modules/${name}`, locked])),
    },
  });

  const pkg = (name, files, more) => {
    json(`node_modules/${name}/package.json`, { name, version: '1.0.0', main: 'index.js', ...more });
    for (const [file, text] of Object.entries(files)) put(`node_modules/${name}/${file}`, text);
  };
  cpSync(join(here, 'bystander.js'), join(dir, 'node_modules/bystander/index.js'), { recursive: true });
  pkg('bystander', {});
  pkg('granted', { 'index.js': "exports.size = (file) => require('fs').readFileSync(file, 'utf8').length;\n" });
  pkg('attacker', { 'index.js': `module.exports = async (H) => {\n${vector.body}\n};\n`, ...vector.files }, vector.manifest);
  put('vault/secret.txt', secret);
  put('vault/secret.json', JSON.stringify({ value: secret }));
  put('vault/secret.mjs', `export default ${JSON.stringify(secret)};\n`);
  put('vault/secret.js', `module.exports = ${JSON.stringify(secret)};\n`);
  put('vault/settings.env', `STOLEN=${secret}\n`);
  put('vault/bin/echo', '#!/bin/sh\necho TAINT shell\n');
  for (const [name, target] of Object.entries(vector.links ?? {})) symlinkSync(target, join(dir, 'node_modules/attacker', name));
}

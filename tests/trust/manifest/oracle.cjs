// By hand, under Node 20 (node --expose-internals oracle.cjs): answers as build/tests/unit/manifest-ask does, by Node's own manifest.
'use strict';
const { Manifest } = require('internal/policy/manifest');
const { pathToFileURL } = require('url');

let manifest;
const frozen = (_, v) => (v && typeof v === 'object' ? Object.freeze(Object.setPrototypeOf(v, null)) : v);
const ask = {
  manifest(file, json) {
    manifest = undefined;
    manifest = new Manifest(JSON.parse(json, frozen), pathToFileURL(file).href);
    return 'good';
  },
  redirect(url, specifier, conditions) {
    const to = manifest.getDependencyMapper(new URL(url).href).resolve(specifier, new Set(conditions === '' ? [] : conditions.split(',')));
    return to === true ? 'default' : to === null ? 'no' : `to ${to.href}`;
  },
  content(url) {
    manifest.assertIntegrity(new URL(url).href, '');
    return 'ok';
  },
  might: (url) => (manifest.mightAllow(new URL(url).href) ? 'yes' : 'no'),
};

const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
const out = lines.map((line) => {
  const [what, ...args] = line.split('\t');
  if (what !== 'manifest' && manifest === undefined) return 'none';
  try { return ask[what](...args); } catch (e) {
    // Node's walk of "" and of opaque URLs fails there; npsx says that it is not listed
    if (what === 'might') return 'no';
    // its pattern remembers where it stopped, and would begin there with the next string
    if (e.code === 'ERR_SRI_PARSE') require('internal/policy/sri').parse(' ');
    return what === 'manifest' ? `wrong ${e.code ?? e.name}` : `error ${e.code}`;
  }
});
process.stdout.write(`${out.join('\n')}\n`);

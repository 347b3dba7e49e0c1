// Source text that closes the wrapper around a module, or hides what it names from a scan.
const leak = 'process.env.CANARY';
const file = (text, rest = {}) => ({ files: { 'index.js': text }, ...rest, body: '' });
module.exports = [
  { id: 'close-brace', what: 'closing the wrapper function in another file', ...file(`let r; try { require('./wrap.js'); } catch {} module.exports = async () => globalThis.__stolen ?? ${leak};`), },
  { id: 'html-comment', what: 'an HTML-like comment in front of a line', ...file(`<!-- module.exports = null\nmodule.exports = async () => ${leak};`) },
  { id: 'html-close-comment', what: '--> at the start of a line', ...file(`module.exports =\n--> x\nasync () => ${leak};`) },
  { id: 'hashbang', what: 'a hashbang line', ...file(`#!/usr/bin/env node\nmodule.exports = async () => ${leak};`) },
  { id: 'bom', what: 'a byte order mark', ...file(`\ufeffmodule.exports = async () => ${leak};`) },
  { id: 'escaped-name', what: 'a name written with escapes', ...file(`module.exports = async () => pr\\u006fcess.env.CANARY;`) },
  { id: 'brace-escape', what: 'a name written with a code point escape', ...file(`module.exports = async () => pr\\u{6f}cess.env.CANARY;`) },
  { id: 'line-separator', what: 'U+2028 ends a comment', ...file(`module.exports = async () => { // nothing\u2028 return ${leak}; };`) },
  { id: 'template-nesting', what: 'code in nested templates', ...file('module.exports = async () => `${`${(() => process.env.CANARY)()}`}`;') },
  { id: 'regexp-or-division', what: 'a regular expression that looks like division', ...file(`const a = 1, g = 1; module.exports = async () => { const x = a / 1; if (x) /[/]\\/"/g.test(''); return ${leak}; };`) },
  { id: 'with-global', what: 'a with statement over the global object', ...file(`module.exports = async () => { with (globalThis) { return ${leak}; } };`) },
  { id: 'label-and-asi', what: 'labels, ASI and a keyword as property', ...file(`module.exports = async () => { process: for (;;) { break process } return { get: ${leak} }.get };`) },
  { id: 'default-parameter', what: 'free names in default parameters and computed keys', ...file(`module.exports = async (H, { [process.env.CANARY]: k = process.env.CANARY } = {}) => k;`) },
  { id: 'import-comment', what: 'comments inside import()', ...file(`module.exports = async () => (await import/* a */(/* b */'node:process')).default.env.CANARY;`) },
  { id: 'import-options', what: 'import() with an options object', ...file(`module.exports = async (H) => (await import('file://' + H.at('vault/secret.json'), { with: { type: 'json' } })).default.value;`) },
  { id: 'top-level-return', what: 'a return at the top of a module', ...file(`module.exports = async () => ${leak}; return; module.exports = null;`) },
  { id: 'redeclare-require', what: 'redeclaring the names of the wrapper', ...file(`var require, module, exports; module = arguments[2]; require = arguments[1]; module.exports = async (H) => require('fs').readFileSync(H.secret, 'utf8');`) },
  { id: 'arguments-of-wrapper', what: 'the arguments of the wrapper', ...file(`const r = arguments[1]; module.exports = async (H) => r('fs').readFileSync(H.secret, 'utf8');`) },
  { id: 'callee', what: 'arguments.callee and its caller', ...file(`module.exports = async (H) => { const f = function () { return arguments.callee.constructor; }; return f()('return ${leak}')(); };`) },
  { id: 'esm-free-name', what: 'free names in an ES module', ...file(`export default async () => ${leak};`, { manifest: { type: 'module' } }) },
  { id: 'esm-import-builtin', what: 'static import of a builtin', ...file(`import { readFileSync as r } from 'fs'; export default async (H) => r(H.secret, 'utf8');`, { manifest: { type: 'module' } }) },
  { id: 'esm-namespace', what: 'namespace and default import of a builtin', ...file(`import * as p from 'node:process'; import d from 'node:process'; export default async () => (d ?? p).env.CANARY;`, { manifest: { type: 'module' } }) },
  { id: 'typescript', what: 'a file with types', files: { 'index.js': `module.exports = async (H) => require('./t.cjs')(H);`, 't.cjs': `module.exports = async (H) => process.env.CANARY;` }, body: '' },
];
module.exports[0].files['wrap.js'] = `globalThis.__stolen = ${leak}; }); (function () {`;

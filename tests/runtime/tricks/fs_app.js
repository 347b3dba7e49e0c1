'use strict';
const { canaries, granted } = require('./canary.js');
const { BASE: base, ONLY: only, FEW: few, TRACE, TOPS: tops } = process.env;
process.umask(0o22);
process.on('uncaughtException', () => {});            // node itself falls over some of these values
const watch = canaries(base, JSON.parse(tops));
const data = granted(base);
const within = (promise) => new Promise((resolve, reject) => {
  const late = setTimeout(reject, 400, new Error('late'));
  promise.then(resolve, reject).finally(() => clearTimeout(late));
});
require('guest')({
  base, only, few, pid: process.pid, within, realFs: require('fs'), touch: watch.touch,
  trace: TRACE && ((id) => require('fs').appendFileSync(TRACE, `${Date.now() % 1e6} ${id}\n`)),
  copy: (to) => require('fs').cpSync(`${base}/vault`, to, { recursive: true, verbatimSymlinks: true }),
  damaged(top) { data.restore(); return watch.damaged(top); },
}).then((r) => { process.stdout.write(`\n${JSON.stringify(r)}\n`, () => process.exit(0)); });

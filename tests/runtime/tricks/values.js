'use strict';
const { base: newBase, execute, node, npsx, project } = require('./lib.js');

const setUp = (env) => {
  const base = newBase();
  const policy = env.PART === 'moves' ? { timers: true, 'fs.read': [`${base}/data/x/pub/`], 'fs.write': [`${base}/data/`] } : { timers: true, clock: true, 'fs.read': [`${base}/data/`, `${base}/ro/`], 'fs.write': [`${base}/data/`, `${base}/sub/tmpXXXXXX`] };
  const dir = project(base, { app: 'values_app.js', more: ['canary.js'], packages: { guest: { files: ['values_guest.js', 'fs_entries.js'], policy } } });
  return [dir, { BASE: base, ...env }];
};

const DEAD = { values: [], oracle: ['rm -rSync'], moves: [] };

module.exports = async ({ none, lively, verbose }) => {
  for (const part of ['values', 'oracle', 'moves']) {
    const [plain, confined] = await Promise.all([execute(node, ...setUp({ FEW: '1', PART: part })), execute(npsx, ...setUp({ PART: part }))]);
    lively(part, plain, DEAD[part]);
    none(part, confined);
    if (verbose) console.log(`${part}: ${plain.fired.length} of ${plain.cases} fire under plain node${part === 'values' ? ' with a naive monitor' : ''}, ${confined.fired.length} of ${confined.cases} under npsx`);
  }
};

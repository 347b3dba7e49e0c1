'use strict';
const { base: newBase, execute, node, npsx, project } = require('./lib.js');
const { SIBLINGS } = require('./fs_spellings.js');

const files = ['fs_guest.js', 'fs_entries.js', 'fs_spellings.js'];
const setUp = (env) => {
  const base = newBase();
  const policy = { timers: true, clock: true, 'fs.read': [`${base}/data/`, `${base}/ro/`, `${base}/caf\u00e9/`], 'fs.write': [`${base}/data/`, `${base}/caf\u00e9/`] };
  const dir = project(base, { app: 'fs_app.js', more: ['canary.js'], packages: { guest: { files, policy } } });
  return [dir, { BASE: base, TOPS: JSON.stringify([...SIBLINGS, 'ro']), ...env }];
};

module.exports = async ({ none, lively, check, verbose }) => {
  const [plain, confined] = await Promise.all([execute(node, ...setUp({ FEW: '1' })), execute(npsx, ...setUp({}))]);
  lively('fs', plain, DEAD);
  none('fs', confined);
  check(confined.unknown?.length === 0, `fs: functions that no list names: ${confined.unknown}`);
  const broken = (confined.broken ?? []).filter((x) => !NOT_OFFERED.some((n) => x.startsWith(`${n}: `)));
  check(broken.length === 0, `fs: does not work in the granted directory either, so its refusal proves nothing: ${broken.join('; ')}`);
  if (verbose) console.log(`fs: ${plain.fired.length} of ${plain.cases} fire under plain node, ${confined.fired.length} of ${confined.cases} under npsx`);
};

// What names no file for the kernel (another one, or none): tried all the same.
const TEMPORARY = [...Array(3).keys()].map((n) => `open flags 2000000${n}`).concat(['open flags 20200001', 'open flags 20200002', 'open flags 200001', 'open flags 200002']);
const DEAD = [...TEMPORARY, 'dotdot behind a name that is not there', 'read only, dotdot behind a name that is not there', 'direct as URL that tells otherwise', 'link into it as URL that tells otherwise'];
// Refused whatever the path.
const NOT_OFFERED = ['sqlite attach', 'process.chdir', 'require json', 'createRequire', 'import json', 'require.resolve', 'writeHeapSnapshot', 'report.writeReport', 'Worker', 'dlopen'];

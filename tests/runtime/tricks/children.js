'use strict';
const { base: newBase, execute, node, npsx, project } = require('./lib.js');

const setUp = (env) => {
  const base = newBase();
  const policy = { timers: true, clock: true, spawn: ['env', 'echo', 'cat'], env: ['*'], 'fs.read': [`${base}/data/`], 'fs.write': [`${base}/data/`] };
  const dir = project(base, { app: 'children_app.js', packages: { guest: { files: ['children_guest.js'], policy } } });
  return [dir, { BASE: base, ...env }];
};
// Node reads these as they are, or refuses them.
const DEAD = ['env with NUL', 'env in another value, behind NUL', ...['String', 'object', 'Buffer', 'URL', 'with a blank', 'with NUL', 'name with a slash', 'newline', 'another name'].map((x) => `file ${x}`), 'option PATH answers twice', 'option path in lower case',
  'option shell by name', 'stdio fd that answers twice', 'stdio a Number', 'cwd that is a link out'];

module.exports = async ({ none, lively, check, verbose }) => {
  const [plain, confined] = await Promise.all([execute(node, ...setUp({ FEW: '1' })), execute(npsx, ...setUp({}))]);
  lively('children', plain, DEAD);
  none('children', confined);
  check(confined.broken?.length === 0, `children: what is granted does not work, so the rest proves nothing: ${confined.broken}`);
  if (verbose) console.log(`children: ${plain.fired.length} of ${plain.cases} fire under plain node, ${confined.fired.length} of ${confined.cases} under npsx`);
};

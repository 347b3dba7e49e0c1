'use strict';
// The main script of an engine without compartments (meson -Draw=true, tests/box/attacks): psx.node is opened as always, which seals the process, and then
// everything runs as under node. What an attacker can do here is what one can do who has broken ring 2.
const [planFd, addonFd] = process.argv.slice(2);
process._rawDebug('npsx-engine: raw: no package is held back, for debugging only');
const addon = { exports: {} };
process.dlopen(addon, `/proc/self/fd/${addonFd}`);
const plan = JSON.parse(addon.exports.open(Number(planFd), 'raw', false));
const Module = require('module');

const { main } = plan;
process.boxControl = plan.box?.control;
process.argv = [plan.execPath, ...(main.kind === 'file' ? [main.named ?? main.path] : []), ...plan.argv];
process.execArgv = [];
if (main.kind !== 'file') {
  const text = new Module(`${plan.cwd}/[eval]`);
  text.filename = text.id;
  text.paths = Module._nodeModulePaths(plan.cwd);
  text._compile(main.source, text.id);
} else if (/\.mjs$/.test(main.path)) {
  Module.createRequire(main.path)(main.path);
} else {
  Module._load(main.path, null, true);
}

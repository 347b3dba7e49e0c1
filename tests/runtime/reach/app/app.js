'use strict';
// The application: makes the worlds, hands one to each walker, and judges what they found. Its own rights are ambient or granted, as the policy says.

const fs = require('node:fs');
const { join } = require('node:path');
const inside = require('./inside.js');
const makeWorld = require('./world.js');
const identities = require('./identities.js');
const planted = require('./planted.js');
const walkers = [require('walker-a'), require('walker-b')];
const victim = require('victim');

process.on('unhandledRejection', () => {});
process.on('uncaughtException', (e) => { report.uncaught.push(String(e?.stack ?? e)); });
const report = { roots: {}, findings: [], uncaught: [], planted: {}, objects: 0, judged: 0, shared: 0, authority: 0, failed: {} };
const isObject = (v) => v !== null && (typeof v === 'object' || typeof v === 'function');

// breadth first over what a walker saw
function reached(walker, from, without) {
  const parents = new Map();
  const queue = [];
  const add = (v, parent, label) => { if (isObject(v) && !parents.has(v) && !without?.has(v)) { parents.set(v, [parent, label]); queue.push(v); } };
  for (const [label, v] of from) add(v, undefined, label);
  for (let i = 0; i < queue.length; i++) for (const [label, v] of walker.edges.get(queue[i]) ?? []) add(v, queue[i], label);
  return parents;
}
function pathOf(parents, o) {
  let path = '';
  for (let at = o; at !== undefined;) { const [parent, label] = parents.get(at); path = label + path; at = parent; }
  return path.length > 300 ? `${path.slice(0, 140)} ... ${path.slice(-150)}` : path;
}
const named = (o) => { try { return typeof o === 'function' ? `function ${o.name}` : Object.prototype.toString.call(o); } catch { return 'something'; } };

const began = Date.now();
const step = (text) => { if (process.env.REACH_KEEP) fs.writeSync(2, `at: ${Date.now() - began} ${text}\n`); };
async function main() {
  const mine = victim.mine();
  const worlds = [];
  const held = [];
  for (const [i, { make }] of walkers.entries()) {
    const walker = walkers[i].walker = make();
    const own = walker.own();
    const world = await makeWorld(walker, i);
    worlds[i] = [...Object.entries(own).map(([k, v]) => [`own ${k}`, v]), ...Object.entries(world)];
    held.push(world);
  }
  step('worlds are made');
  await new Promise((done) => { setTimeout(done, 150); });
  const traps = await planted(inside.host(), mine, walkers.map((w) => w.walker));
  for (const [i, { walker }] of walkers.entries()) {
    for (const [label, v] of worlds[i]) { step(label); walker.walk(v); }
    for (const [, v] of walker.calls) walker.walk(v);
    for (const [, pair] of traps) walker.walk(pair[i]);
    await walker.settle();
  }
  await new Promise((done) => { setTimeout(done, 20); });
  for (const { walker } of walkers) await walker.settle();

  step('judge');
  const host = inside.host();
  const authority = identities({ host, mine, require, module, walkers });
  report.authority = authority.size;
  const calls = walkers.map(({ walker }) => walker.calls.map(([label, v]) => [`callback ${label}`, v]));
  const paths = walkers.map(({ walker }, i) => reached(walker, [...worlds[i], ...calls[i]]));
  report.objects = paths.map((p) => p.size);
  const trapped = walkers.map(({ walker }, i) => reached(walker, traps.map(([label, pair]) => [label, pair[i]])));

  step('changes');
  // (a) what both reach, and one of them can change
  const shared = [...new Set([...paths[0].keys(), ...trapped[0].keys()])].filter((o) => paths[1].has(o) || trapped[1].has(o));
  report.shared = shared.length;
  const changes = new Map();
  for (const o of shared) {
    const bad = walkers[0].make.attempts(o);
    if (bad.length > 0) changes.set(o, bad);
  }
  // (b) what nobody but the engine and the application should hold, (c) functions of files that open, spawn and load
  const all = [...new Set([...paths[0].keys(), ...trapped[0].keys()])].filter((o) => typeof o === 'function');
  step('places');
  const places = inside.places(all);
  const foreign = new Map(all.map((f, i) => [f, identities.forbidden(f, places[i])]).filter(([, why]) => why !== undefined));
  const verdict = (o) => {
    const out = [];
    if (authority.has(o)) out.push(['authority', authority.get(o)]);
    else if (foreign.has(o)) out.push(['function', foreign.get(o)]);
    if (changes.has(o)) out.push(['mutable', changes.get(o).slice(0, 4).join(', ')]);
    return out;
  };
  // told is where a leak begins: what hangs on it is not told again
  const tainted = new Set();
  for (const [o, [parent]] of paths[0]) {
    if (tainted.has(parent)) { tainted.add(o); continue; }
    if (verdict(o).some(([kind]) => kind !== 'mutable' || paths[1].has(o))) tainted.add(o);
  }
  for (const [o, [parent]] of paths[0]) if (tainted.has(o) && !tainted.has(parent)) for (const [kind, what] of verdict(o)) if (kind !== 'mutable' || paths[1].has(o)) report.findings.push({ kind, what: `${named(o)}: ${what}`, path: pathOf(paths[0], o), other: paths[1].has(o) ? pathOf(paths[1], o) : undefined });
  for (const [o] of paths[1]) if (authority.has(o) && !paths[0].has(o)) report.findings.push({ kind: 'authority', what: authority.get(o), path: `second: ${pathOf(paths[1], o)}` });

  // the self-test: each trap must be met through its own root
  for (const [label, pair, kind] of traps) {
    const found = [...reached(walkers[0].walker, [[label, pair[0]]]).keys()].flatMap(verdict).filter(([k]) => k === kind);
    report.planted[label] = found.length;
  }
  step('count');
  // how much there was to see
  const base = reached(walkers[0].walker, [['', worlds[0].find(([label]) => label === 'own intrinsics')[1]]]);
  for (const [label, value] of worlds[0]) {
    if (value instanceof Error && !/rror/.test(label)) report.failed[label] = String(value.message).slice(0, 160);
    report.roots[label] = reached(walkers[0].walker, [['', value]], label === 'own intrinsics' ? undefined : base).size;
  }
  report.callbacks = walkers[0].walker.calls.length;
  report.callbackNames = [...new Set(walkers[0].walker.calls.map(([label]) => label.replace(/ (this|argument \d+|new.target)$/, '')))].sort();
}
const finish = () => {
  fs.writeFileSync(join(__dirname, 'report.json'), JSON.stringify(report, null, 1));
  process.exit(0);
};
main().then(finish, (e) => { report.crash = String(e?.stack ?? e); finish(); });

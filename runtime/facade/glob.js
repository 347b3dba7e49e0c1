// Node's matcher of globs loads when it is first needed, and makes up placeholders with Math.random while it does: by then the shared Math has none.
// So it is loaded here, before Node's own functions ask for it.

const { named } = use('deny');
const { apply } = Reflect;

let matcher;
const minimatch = () => (matcher ??= use('facade/random').lend(() => host.internal('internal/deps/minimatch/index')));
exports.minimatch = minimatch;

// fn of Node's that needs the matcher
const ready = (fn) => named(function (...args) { minimatch(); return apply(fn, this, args); }, fn.name, fn.length);
exports.ready = ready;

// Before path is sealed.
let done = false;
exports.preparePath = () => {
  if (done) return;
  done = true;
  const { posix, win32 } = host.real('path');
  for (const module of [posix, win32]) module.matchesGlob = ready(module.matchesGlob);
};

// Randomness, per package: Math.random and the bytes under crypto. "seed:..." makes it reproducible.

const { check, holds, may, orConstant, values } = use('deny');
const { defineProperty } = Reflect;
const RealMath = host.global.Math;
const realRandom = host.global.random ?? RealMath.random;
const bytes = () => host.real('crypto');

// sfc32, seeded with a hash of the text. For tests and reproducible builds: says nothing about unpredictability.
const seeded = (text) => {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = RealMath.imul(a ^ k, 597399067); b = RealMath.imul(b ^ a ^ k, 2869860233); c = RealMath.imul(c ^ b ^ k, 951274213);
  }
  const next = () => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return {
    float: () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000,
    fill: (view) => { for (let i = 0; i < view.length; i++) view[i] = next() >>> 24; },
    seeded: true,
  };
};
const REAL = { float: realRandom, fill: (view) => { bytes().randomFillSync(view); }, seeded: false, exact: true };
const asking = (c) => ({
  float: orConstant(c, 'random', realRandom, 0.5),
  fill: (view) => { check(c, 'random'); bytes().randomFillSync(view); },
  seeded: false,
});

const sources = new WeakMap();
// {float() in [0, 1), fill(Uint8Array), seeded}; both throw for a package without `random`
const sourceFor = (c) => {
  let source = sources.get(c);
  if (source !== undefined) return source;
  if (c.ambient) source = REAL;
  else if (host.plan.mode === 'learn' || !holds(c, 'random')) source = asking(c);
  else {
    may(c, 'random');
    const seed = values(c, 'random').find((v) => typeof v === 'string' && v.startsWith('seed:'));
    source = seed === undefined ? REAL : seeded(seed.slice(5));
  }
  sources.set(c, source);
  return source;
};
exports.sourceFor = sourceFor;

// At boot: the shared Math has no randomness, but while Node loads a part of its own (lend): no package's code runs then.
let lent = false;
exports.lend = (load) => {
  lent = true;
  try { return load(); } finally { lent = false; }
};
exports.tame = () => {
  defineProperty(RealMath, 'random', { value: { random() {
    if (lent) return realRandom();
    const error = new Error('npsx: Math.random needs the capability random');
    error.code = 'ERR_CAPABILITY_DENIED';
    error.capability = 'random';
    throw error;
  } }.random });
};

// One object for all packages that hold plain randomness: it is frozen.
let granted;
exports.mathFor = (c) => (sourceFor(c).exact ? (granted ??= Object.freeze(mathOf(c))) : mathOf(c));

const mathOf = (c) => {
  const descriptors = Object.getOwnPropertyDescriptors(RealMath);
  const { float, exact } = sourceFor(c);
  for (const key of Reflect.ownKeys(descriptors)) if (typeof descriptors[key].value === 'function') { descriptors[key].writable = true; descriptors[key].configurable = true; }
  descriptors.random.value = exact ? realRandom : { random() { return float(); } }.random;
  return Object.create(Object.prototype, descriptors);
};

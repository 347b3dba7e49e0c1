// crypto: computing is pure and shared; making something up (bytes, ids, keys, primes) needs `random`. Callbacks of asynchronous jobs are called
// with the package's `this`, not with Node's job object. Settings of the process (engines, FIPS) are not offered.

const { check, denied, named } = use('deny');
const { apply, construct, defineProperty } = Reflect;

// Called as they are. Verified: none of them makes anything random but padding and nonces inside an answer.
exports.PURE = ('checkPrimeSync createCipheriv createDecipheriv createHash createHmac createMac createPrivateKey createPublicKey createSecretKey createSign createVerify '
  + 'getCiphers getCipherInfo getCurves getHashes getMacs hkdfSync parsePKCS12 pbkdf2Sync privateDecrypt privateEncrypt publicDecrypt publicEncrypt scryptSync argon2Sync '
  + 'timingSafeEqual getFips hash decapsulate Certificate Cipheriv Decipheriv Hash Hmac KeyObject Sign Verify X509Certificate constants').split(' ');
const WITH_CALLBACK = 'argon2 checkPrime diffieHellman hkdf pbkdf2 scrypt sign verify'.split(' ');
const RANDOM = ('createDiffieHellman createDiffieHellmanGroup createECDH generatePrime generatePrimeSync getDiffieHellman generateKeyPair generateKeyPairSync '
  + 'generateKey generateKeySync encapsulate').split(' ');
const RANDOM_CLASSES = ['DiffieHellman', 'DiffieHellmanGroup', 'ECDH'];
const AMBIENT = ['setEngine', 'setFips', 'secureHeapUsed'];

const { nextTick } = host.global.process;

// (error, value) without Node's job as `this`
const unbound = (args) => {
  const last = args.length - 1;
  const callback = args[last];
  if (typeof callback === 'function') args[last] = (...results) => { apply(callback, undefined, results); };
  return args;
};

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const uuid = (b, version) => {
  b[6] = (b[6] & 0x0f) | (version << 4);
  b[8] = (b[8] & 0x3f) | 0x80;
  const s = hex(b);
  return `${s.slice(0, 8)}-${s.slice(8, 12)}-${s.slice(12, 16)}-${s.slice(16, 20)}-${s.slice(20)}`;
};

// The functions that give out random bytes, over a source that may be seeded.
const bytesOf = (c, real) => {
  const source = use('facade/random').sourceFor(c);
  const view = (buffer, offset = 0, size = undefined) => {
    const bytes = ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
    return bytes.subarray(Number(offset), size === undefined ? undefined : Number(offset) + Number(size));
  };
  const need = () => check(c, 'random');
  const later = (callback, make) => {
    let value;
    try { value = make(); } catch (error) { nextTick(() => { callback(error); }); return; }
    nextTick(() => { callback(null, value); });
  };
  const randomFillSync = (buffer, offset = 0, size = undefined) => {
    if (!source.seeded) { need(); return real.randomFillSync(buffer, ...(size === undefined ? [offset] : [offset, size])); }
    source.fill(view(buffer, offset, size));
    return buffer;
  };
  const seededInt = (min, max) => min + Math.floor(source.float() * (max - min));
  const own = {
    randomBytes(size, callback) {
      need();
      if (!source.seeded) return real.randomBytes(...(callback === undefined ? [size] : unbound([size, callback])));
      const make = () => randomFillSync(Buffer.alloc(size));
      return callback === undefined ? make() : later(callback, make);
    },
    randomFillSync,
    randomFill(buffer, ...rest) {
      need();
      if (!source.seeded) return real.randomFill(buffer, ...unbound(rest));
      const callback = rest.pop();
      return later(callback, () => randomFillSync(buffer, ...rest));
    },
    randomInt(min, max, callback) {
      need();
      if (!source.seeded) return real.randomInt(...unbound([min, max, callback].filter((x) => x !== undefined)));
      if (typeof max === 'function') { callback = max; max = undefined; }
      const [from, to] = max === undefined ? [0, min] : [min, max];
      return callback === undefined ? seededInt(from, to) : later(callback, () => seededInt(from, to));
    },
    randomUUID(options) {
      need();
      if (!source.seeded) return real.randomUUID(options);
      const b = new Uint8Array(16);
      source.fill(b);
      return uuid(b, 4);
    },
    randomUUIDv7(options) { need(); check(c, 'clock'); return real.randomUUIDv7(options); },
    getRandomValues(array) {
      need();
      if (!source.seeded) return real.getRandomValues(array);
      source.fill(view(array));
      return array;
    },
  };
  own.prng = own.rng = own.pseudoRandomBytes = own.randomBytes;
  return own;
};

const keyClass = (c, Real) => {
  const K = named(function (...args) {
    check(c, 'random');
    return construct(Real, args, new.target === undefined || new.target === K ? Real : new.target);
  }, Real.name, Real.length);
  defineProperty(K, 'prototype', { value: Real.prototype, writable: false });
  for (const key of Object.keys(Real)) defineProperty(K, key, { value: Real[key], writable: true, enumerable: true, configurable: true });
  return K;
};

// -- webcrypto: `crypto.subtle` of the package; only what makes keys asks
const NEEDS_RANDOM = new Set(['generateKey', 'encapsulateKey', 'encapsulateBits']);
const subtleOf = (c, real) => {
  const own = {};
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(real))) {
    if (name === 'constructor' || typeof real[name] !== 'function') continue;
    own[name] = { async [name](...args) {
      if (NEEDS_RANDOM.has(name)) check(c, 'random');
      return apply(real[name], real, args);
    } }[name];
    defineProperty(own, name, { enumerable: false });
  }
  defineProperty(own, Symbol.toStringTag, { value: 'SubtleCrypto', configurable: true });
  return own;
};

const webcryptos = new WeakMap();
exports.webcryptoFor = (c) => {
  let own = webcryptos.get(c);
  if (own !== undefined) return own;
  use('seal').builtin('crypto');
  const real = host.real('crypto');
  let subtle;
  const bytes = bytesOf(c, real);
  own = {
    get subtle() { return (subtle ??= subtleOf(c, real.webcrypto.subtle)); },
    getRandomValues: bytes.getRandomValues,
    randomUUID: bytes.randomUUID,
    randomUUIDv7: bytes.randomUUIDv7,
  };
  for (const key of Object.keys(own)) defineProperty(own, key, { enumerable: false });
  defineProperty(own, Symbol.toStringTag, { value: 'Crypto', configurable: true });
  webcryptos.set(c, own);
  return own;
};

exports.make = (c) => {
  const real = host.real('crypto');
  const own = {};
  for (const name of exports.PURE) own[name] = real[name];
  for (const name of WITH_CALLBACK) own[name] = named((...args) => real[name](...unbound(args)), name, real[name].length);
  for (const name of RANDOM) own[name] = named((...args) => { check(c, 'random'); return real[name](...unbound(args)); }, name, real[name].length);
  for (const name of RANDOM_CLASSES) own[name] = keyClass(c, real[name]);
  for (const name of AMBIENT) own[name] = named(() => { throw denied(c, 'ambient'); }, name);
  Object.assign(own, bytesOf(c, real));
  const promisifyCustom = Symbol.for('nodejs.util.promisify.custom');
  const pair = host.real('util').promisify(real.generateKeyPair);
  defineProperty(own.generateKeyPair, promisifyCustom, { value: async (...args) => { check(c, 'random'); return pair(...args); }, configurable: true });
  defineProperty(own, 'fips', { get: () => real.getFips(), set() { throw denied(c, 'ambient'); }, enumerable: true, configurable: true });
  defineProperty(own, 'webcrypto', { get: () => exports.webcryptoFor(c), enumerable: true, configurable: true });
  defineProperty(own, 'subtle', { get: () => exports.webcryptoFor(c).subtle, enumerable: true, configurable: true });
  return own;
};

// require('wasi') of a confined package: WASI preview 1 over the package's own fs, clock and randomness. Node's own opens by name whatever its process may,
// follows links out of a directory that it was given, and knows no grants.

const { Memory } = use('facade/wasi_abi');
const { Files } = use('facade/wasi_files');
const { named } = use('deny');
const { apply, defineProperty } = Reflect;
const { codes } = host.internal('internal/errors');
const { validateArray, validateBoolean, validateFunction, validateInt32, validateObject, validateString, validateUndefined } = host.internal('internal/validators');

const NAMES = { __proto__: null, preview1: 'wasi_snapshot_preview1', unstable: 'wasi_unstable' };

const optionsOf = (given = {}) => {
  validateObject(given, 'options');
  const { version, args, env, preopens, stdin = 0, stdout = 1, stderr = 2, returnOnExit = true } = given;
  validateString(version, 'options.version');
  if (NAMES[version] === undefined) throw new codes.ERR_INVALID_ARG_VALUE('options.version', version, 'unsupported WASI version');
  if (args !== undefined) validateArray(args, 'options.args');
  if (env !== undefined) validateObject(env, 'options.env');
  if (preopens !== undefined) validateObject(preopens, 'options.preopens');
  validateInt32(stdin, 'options.stdin', 0);
  validateInt32(stdout, 'options.stdout', 0);
  validateInt32(stderr, 'options.stderr', 0);
  validateBoolean(returnOnExit, 'options.returnOnExit');
  return { version, args: Array.from(args ?? [], String), env: Object.entries(env ?? {}).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}=${v}`),
    preopens: Object.entries(preopens ?? {}).map(([guest, path]) => [guest, `${path}`]), stdio: [stdin, stdout, stderr], returnOnExit };
};

const build = (c) => {
  class WASI {
    #memory; #exit; #started = false; #exitCode = 0; #instance; #name;
    constructor(options) {
      const o = optionsOf(options);
      const files = new Files(use('builtins').get(c, 'fs'), o.stdio, o.preopens);
      this.#name = NAMES[o.version];
      this.#exit = Symbol('exit');
      this.wasiImport = use('facade/wasi_calls').make(c, new Memory(() => {
        if (this.#memory === undefined) throw Object.assign(new Error('wasi.start() has not been called'), { code: 'ERR_WASI_NOT_STARTED' });
        return this.#memory.buffer;
      }), files, o);
      this.wasiImport.proc_exit = (code) => {
        if (!o.returnOnExit) use('builtins').get(c, 'process').exit(code);
        this.#exitCode = code;
        throw this.#exit;
      };
    }
    finalizeBindings(instance, options = {}) {
      if (this.#started) throw new codes.ERR_WASI_ALREADY_STARTED();
      validateObject(instance, 'instance');
      validateObject(instance.exports, 'instance.exports');
      const { memory = instance.exports.memory } = options;
      if (!(memory instanceof WebAssembly.Memory)) throw new codes.ERR_INVALID_ARG_TYPE('instance.exports.memory', 'WebAssembly.Memory', memory);
      this.#memory = memory;
      this.#instance = instance;
      this.#started = true;
    }
    start(instance) {
      this.finalizeBindings(instance);
      const { _start, _initialize } = this.#instance.exports;
      validateFunction(_start, 'instance.exports._start');
      validateUndefined(_initialize, 'instance.exports._initialize');
      try { apply(_start, undefined, []); } catch (error) { if (error !== this.#exit) throw error; }
      return this.#exitCode;
    }
    initialize(instance) {
      this.finalizeBindings(instance);
      const { _start, _initialize } = this.#instance.exports;
      validateUndefined(_start, 'instance.exports._start');
      if (_initialize === undefined) return;
      validateFunction(_initialize, 'instance.exports._initialize');
      apply(_initialize, undefined, []);
    }
    getImportObject() { return { [this.#name]: this.wasiImport }; }
  }
  defineProperty(WASI.prototype, 'constructor', { value: named(function () { throw new TypeError('Illegal constructor'); }, 'WASI'), writable: true, configurable: true });
  return { WASI };
};

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own === undefined) made.set(c, own = build(c));
  return own;
};

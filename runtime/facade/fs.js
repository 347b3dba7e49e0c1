// The `fs` of a confined package: the tables of fs_ops and fs_tree in three shapes (callback, Sync, promise), descriptors,
// streams, watchers. The object and its functions belong to one package: it may patch them. require('fs/promises') is
// fs.promises of the same object.

const core = use('facade/fs_core');
const args = use('facade/fs_args');
const fds = use('facade/fs_fd');
const handles = use('facade/fs_handle');
const streams = use('facade/fs_streams');
const dirs = use('facade/fs_dir');
const watching = use('facade/fs_watch');
const paths = use('facade/fs_ops');
const trees = use('facade/fs_tree');
const real = host.real('fs');
const { promisify } = host.real('util');
const { Blob } = host.real('buffer');
const { dirname } = host.real('path');
const { kCustomPromisifyArgs } = customSymbols();

const ops = { __proto__: null, ...paths.ops, ...trees.ops, opendir: dirs.op };

function customSymbols() {
  const found = Object.getOwnPropertySymbols(real.read).find((s) => Array.isArray(real.read[s]));
  return { kCustomPromisifyArgs: found };
}

// ---- the three shapes of one operation

const isCallback = (value) => typeof value === 'function';

// The callback is the first function from `from` on; without one, Node's error about the last argument.
function split(values, from) {
  const at = values.findIndex((v, i) => i >= from && isCallback(v));
  if (at < 0) args.callback(values.length > from ? values.at(-1) : undefined);
  return [values.slice(0, at), values[at]];
}

// How many arguments come before any callback (a filter or listener is no callback).
const REQUIRED = {
  __proto__: null, rename: 2, link: 2, symlink: 2, copyFile: 2, cp: 2, chmod: 2, chown: 3, lchown: 3, utimes: 3, lutimes: 3, writeFile: 2, appendFile: 2,
};

const HAS_RESULT = ['stat', 'lstat', 'cp'];

function withCallback(c, op, name) {
  const required = REQUIRED[name] ?? 1;
  return (...values) => {
    const [rest, callback] = split(values, required);
    core.runAsync(op.run(c, ...op.args(...rest)), core.finish(callback, HAS_RESULT.includes(name)));
  };
}

const withSync = (c, op) => (op.now ?
  (...values) => op.now(c, ...op.args(...values)) :
  (...values) => core.runSync(op.run(c, ...op.args(...values))));

const withPromise = (c, op) => async (...values) => core.runPromise(op.run(c, ...(op.promiseArgs ?? op.args)(...values)));

// ---- functions that have only one shape, or another

function accessors(c, fs) {
  const { access } = ops;
  fs.existsSync = (path) => {
    let checked;
    try {
      checked = args.path(path);
    } catch {
      return false;
    }
    return paths.existsNow(c, checked);
  };
  fs.exists = (path, callback) => {
    args.callback(callback);
    let checked;
    try {
      checked = args.path(path);
    } catch {
      return callback(false);
    }
    core.runAsync(access.run(c, checked, 0), (err) => callback(!err));
  };
  const existsPromise = { exists: (path) => new Promise((resolve) => fs.exists(path, resolve)) }.exists;
  Object.defineProperty(fs.exists, promisify.custom, { value: existsPromise, configurable: true });
}

function realpaths(c, fs) {
  fs.realpath.native = withCallback(c, ops.realpathNative, 'realpath');
  fs.realpathSync.native = withSync(c, ops.realpathNative);
  fs.promises.realpath = withPromise(c, ops.realpathNative);
}

function temporary(c, fs) {
  const removal = (path) => trees.ops.rm.run(c, path, { force: true, recursive: true, maxRetries: 0, retryDelay: 100 });
  fs.mkdtempDisposableSync = (prefix, options) => {
    const path = fs_mkdtempSync(prefix, options);
    const full = args.absolute(`${path}`);
    const remove = () => core.runSync(removal(full));
    return { path, remove, [Symbol.dispose]() { remove(); } };
  };
  const fs_mkdtempSync = withSync(c, ops.mkdtemp);
  const mkdtemp = withPromise(c, ops.mkdtemp);
  fs.promises.mkdtempDisposable = async (prefix, options) => {
    const path = await mkdtemp(prefix, options);
    const full = args.absolute(`${path}`);
    const remove = async () => core.runPromise(removal(full));
    return { __proto__: null, path, remove, async [Symbol.asyncDispose]() { await remove(); } };
  };
}

// A Blob of what the file holds now; Node would read it later.
function blobs(c, fs) {
  fs.openAsBlobSync = (path, options = {}) => {
    args.validators.validateObject(options, 'options');
    const type = options.type || '';
    args.validators.validateString(type, 'options.type');
    return new Blob([ops.readFile.now(c, ...ops.readFile.args(args.path(path)))], { type });
  };
  fs.openAsBlob = (path, options) => Promise.resolve(fs.openAsBlobSync(path, options));
}

function streamFunctions(c, fs) {
  const { ReadStream, WriteStream } = streams.make(c);
  Object.assign(fs, { ReadStream, WriteStream, FileReadStream: ReadStream, FileWriteStream: WriteStream });
  creators(fs);
}

// They use the constructors that the object has at the time of the call, as Node does.
function creators(fs) {
  fs.createReadStream = { createReadStream: (path, options) => new fs.ReadStream(path, options) }.createReadStream;
  fs.createWriteStream = { createWriteStream: (path, options) => new fs.WriteStream(path, options) }.createWriteStream;
}

// The real Utf8Stream takes its file functions from its options: it gets the facade's. It opens the file that it was made
// for and no other: whoever is handed the stream can call reopen().
const UTF8 = ['fd', 'dest', 'fs', 'minLength', 'maxLength', 'maxWrite', 'sync', 'append', 'mode', 'mkdir', 'retryEAGAIN', 'fsync',
  'periodicFlush', 'contentMode'];
const UTF8_CALLS = ['write', 'writeSync', 'fsync', 'fsyncSync', 'close', 'closeSync', 'open', 'openSync', 'mkdir', 'mkdirSync'];

function pinned(fs, dest) {
  const only = { __proto__: null };
  for (const name of UTF8_CALLS) only[name] = fs[name];
  const refuse = (path) => { throw Object.assign(new Error(`Utf8Stream.reopen('${path}'): another file is not supported by npsx yet`), { code: 'ERR_METHOD_NOT_IMPLEMENTED' }); };
  for (const name of ['open', 'openSync']) only[name] = (path, ...rest) => (path === dest ? fs[name](path, ...rest) : refuse(path));
  for (const name of ['mkdir', 'mkdirSync']) only[name] = (path, ...rest) => (path === dirname(dest) ? fs[name](path, ...rest) : refuse(path));
  return only;
}

function utf8Stream(calls) {
  const { Utf8Stream } = real;
  if (!Object.isFrozen(Utf8Stream.prototype)) core.seal(Utf8Stream.prototype, 'Utf8Stream');
  function Utf8Stream_(options) {
    const o = { ...args.object(options, UTF8) };
    if (o.dest !== undefined) o.dest = args.path(o.dest, 'options.dest');
    o.fs = { ...pinned(calls, o.dest), ...o.fs };
    return Reflect.construct(Utf8Stream, [o], new.target === Utf8Stream_ ? Utf8Stream : new.target);
  }
  Object.defineProperty(Utf8Stream_, 'name', { value: 'Utf8Stream' });
  Utf8Stream_.prototype = Utf8Stream.prototype;
  return Utf8Stream_;
}

// ---- promises

function promiseFunctions(c, fs) {
  const p = fs.promises;
  const open = withPromise(c, ops.open);
  p.open = async (path, flags, mode) => handles.create(c, await open(path, flags, mode));
  const iterable = (data) => typeof data === 'object' && data !== null && !ArrayBuffer.isView(data) && (data[Symbol.asyncIterator] ?? data[Symbol.iterator]) !== undefined;
  const fileFunction = (name, fallback) => {
    const plain = withPromise(c, ops[name]);
    return async (path, data, options) => {
      if (handles.secrets(path)) return name === 'readFile' ? path.readFile(data) : path[name](data, options);
      args.path(path);
      if (name === 'readFile' || !iterable(data)) return plain(path, data, options);
      const o = args.options(options, ['encoding', 'mode', 'flag', 'flush', 'signal']);
      const handle = await p_open(path, o.flag ?? fallback, o.mode);
      try {
        await handle.writeFile(data, { encoding: o.encoding, signal: o.signal });
        if (o.flush) await handle.sync();
      } finally {
        await handle.close();
      }
    };
  };
  const p_open = p.open;
  p.readFile = fileFunction('readFile');
  p.writeFile = fileFunction('writeFile', 'w');
  p.appendFile = fileFunction('appendFile', 'a');
  p.lchmod = async () => { throw new (host.internal('internal/errors').codes.ERR_METHOD_NOT_IMPLEMENTED)('lchmod()'); };
  p.glob = async function* glob(pattern, options) {
    yield* await core.runPromise(ops.glob.run(c, ...ops.glob.args(pattern, options)));
  };
}

// ---- assembling

const NO_PROMISE = ['open', 'readFile', 'writeFile', 'appendFile', 'realpath', 'realpathNative', 'glob'];

function addOperations(c, fs) {
  for (const name in ops) {
    if (name === 'realpathNative') continue;
    fs[name] = withCallback(c, ops[name], name);
    fs[`${name}Sync`] = withSync(c, ops[name]);
    if (!NO_PROMISE.includes(name)) fs.promises[name] = withPromise(c, ops[name]);
  }
}

// Names and lengths are the real ones, the order of keys too; what the real module has and no table offers refuses by name.
function shape(target, model, label) {
  const out = {};
  for (const key of Object.keys(model)) {
    if (key === 'Utf8Stream') continue;
    const value = key in target ? target[key] : missing(model[key], `${label}.${key}`);
    if (typeof value === 'function' && typeof model[key] === 'function' && !/^[A-Z]/.test(key)) {
      Object.defineProperty(value, 'length', { value: model[key].length, configurable: true });
      Object.defineProperty(value, 'name', { value: model[key].name, configurable: true });
    }
    out[key] = value;
  }
  return out;
}

function missing(model, name) {
  if (typeof model !== 'function') return undefined;
  return () => { throw Object.assign(new Error(`${name} is not supported by npsx yet`), { code: 'ERR_METHOD_NOT_IMPLEMENTED' }); };
}

function promisifyArgs(fs) {
  for (const name of ['read', 'readv', 'write', 'writev']) {
    Object.defineProperty(fs[name], kCustomPromisifyArgs, { value: real[name][kCustomPromisifyArgs], enumerable: false });
  }
}

function build(c) {
  const fs = { ...fds.make(c), promises: {}, Dirent: real.Dirent, Stats: real.Stats, _toUnixTimestamp: (value, name) => args.time(value, name) };
  addOperations(c, fs);
  const { watch, watchFile, unwatchFile, watchEvents } = watching.make(c);
  Object.assign(fs, { watch, watchFile, unwatchFile, lchmod: undefined, lchmodSync: undefined, constants: real.constants, Dir: dirs.Dir() });
  fs.promises.watch = watchEvents;
  fs.promises.constants = real.constants;
  accessors(c, fs);
  realpaths(c, fs);
  temporary(c, fs);
  blobs(c, fs);
  promiseFunctions(c, fs);
  promisifyArgs(fs);
  fs.promises = shape(fs.promises, real.promises, 'fs.promises');
  const out = shape(fs, real, 'fs');
  streamFunctions(c, out);
  Object.defineProperty(out, 'constants', { value: real.constants, enumerable: true, writable: false, configurable: false });
  const calls = { ...out };
  lazy(out, 'Utf8Stream', () => utf8Stream(calls));
  return out;
}

function lazy(target, key, make) {
  Object.defineProperty(target, key, {
    get() {
      const value = make();
      Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
      return value;
    },
    set(value) { Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true }); },
    enumerable: true,
    configurable: true,
  });
}

// Node's classes that every package's fs shows: streams, emitters, and the plain data of stat and statfs.
let sealed = false;
function sealShared() {
  if (sealed) return;
  sealed = true;
  for (const name of ['events', 'stream', 'fs']) use('seal').builtin(name);
  for (const data of [real.statSync('/', { bigint: true }), real.statSync('/'), real.statfsSync('/')]) {
    for (let p = Object.getPrototypeOf(data); p !== Object.prototype && p !== null; p = Object.getPrototypeOf(p)) {
      const { constructor } = p;
      Object.freeze(p);
      if (constructor !== Object) Object.freeze(constructor);
    }
  }
  for (const C of [real.Dirent, real.Stats]) Object.freeze(Object.freeze(C).prototype);
}

const made = new WeakMap();

exports.make = (c) => {
  sealShared();
  let fs = made.get(c);
  if (!fs) made.set(c, fs = build(c));
  return fs;
};

// An ambient package has the real fs, but what it hands to others must lead nowhere either: streams, handles, directories
// and watchers are the facade's, with the ambient package's own authority behind them.
const HANDED_OUT = ['ReadStream', 'WriteStream', 'FileReadStream', 'FileWriteStream', 'Dir', 'opendir', 'opendirSync', 'watch', 'watchFile', 'unwatchFile',
  'close', 'closeSync'];
const TAKES_HANDLE = ['readFile', 'writeFile', 'appendFile'];

exports.ambient = (c) => {
  const ours = exports.make(c);
  const copy = {};
  for (const key of Object.keys(real)) {
    if (key === 'promises' || key === 'Utf8Stream') continue;
    copy[key] = HANDED_OUT.includes(key) ? ours[key] : real[key];
  }
  creators(copy);
  const { ready } = use('facade/glob');
  for (const name of ['glob', 'globSync']) copy[name] = ready(real[name]);
  const promises = { ...real.promises, glob: ready(real.promises.glob) };
  for (const name of ['open', 'opendir', 'watch']) promises[name] = ours.promises[name];
  for (const name of TAKES_HANDLE) {
    promises[name] = { [name]: async (path, ...rest) => (handles.secrets(path) ? ours : real).promises[name](path, ...rest) }[name];
  }
  copy.promises = promises;
  const calls = { ...copy };
  lazy(copy, 'Utf8Stream', () => utf8Stream(calls));
  return copy;
};

// watch and watchFile. inotify takes /proc/self/fd/N, so that what is watched is what psx.node opened. watchFile looks at the
// path again each time, by psx.node. The real watchers stay inside.

const core = use('facade/fs_core');
const args = use('facade/fs_args');
const { ops } = use('facade/fs_ops');
const { readOne } = use('facade/fs_tree');
const real = host.real('fs');
const { EventEmitter } = host.real('events');
const { basename, join } = host.real('path');
const { Buffer } = host.real('buffer');
const { createIgnoreMatcher } = host.internal('internal/fs/watchers');
const { codes, AbortError } = host.internal('internal/errors');
const { setTimeout, clearTimeout } = host.global;
const { READ, TARGET } = core;
const { validators } = args;

const WATCH = ['persistent', 'recursive', 'encoding', 'signal', 'ignore', 'throwIfNoEntry', 'maxQueue', 'overflow'];

// The matcher's functions are guests', and names of files are theirs to choose: they are called from Node's own code.
function ignoring(ignore) {
  validators.validateIgnoreOption(ignore, 'options.ignore');
  const list = (Array.isArray(ignore) ? [...ignore] : ignore == null ? [] : [ignore])
    .map((m) => (typeof m === 'function' ? (name) => core.guest(m, name) : m));
  return list.length > 0 ? createIgnoreMatcher(list) : () => false;
}

// One real watcher of one inode. A file is told by its own name, entries of a directory by theirs.
function watchOne(c, path, o, tell) {
  const fd = core.at(c, path, READ, TARGET, 'watch');
  try {
    const isDirectory = real.fstatSync(fd).isDirectory();
    const watcher = real.watch(core.proc(fd), { persistent: o.persistent, encoding: 'utf8' });
    watcher.on('change', (type, name) => tell(null, type, isDirectory ? name : basename(path)));
    watcher.on('error', (err) => tell(named(core.relabel(err, path, undefined, 'watch'), path)));
    return watcher;
  } catch (err) {
    throw core.relabel(err, path, undefined, 'watch');
  } finally {
    core.shut(fd);
  }
}

const named = (err, filename) => Object.assign(err, { filename });

// Linux watches no trees: one watcher per directory, and another look at a directory when a name in it comes or goes.
function watchTree(c, root, o, tell) {
  const watchers = new Map(); // relative directory -> real watcher
  const add = (relative, fresh) => {
    const path = join(root, relative);
    if (!watchers.has(relative)) {
      watchers.set(relative, watchOne(c, path, o, (err, type, name) => {
        if (err) return relative === '' ? tell(err) : undefined;
        const full = join(relative, name);
        tell(null, type, full);
        if (type === 'rename') look(full);
      }));
    }
    if (!core.runSync(isDir(c, path))) return;
    for (const d of core.runSync(readOne(c, path, 'utf8'))) {
      const below = join(relative, d.name);
      if (fresh) tell(null, 'rename', below);
      if (d.isDirectory()) attempt(() => add(below, fresh));
    }
  };
  const drop = (relative) => {
    for (const [key, watcher] of watchers) {
      if (key !== relative && !key.startsWith(`${relative}/`)) continue;
      watcher.close();
      watchers.delete(key);
    }
  };
  const look = (relative) => attempt(() => {
    if (core.runSync(isDir(c, join(root, relative)))) add(relative, true);
    else drop(relative);
  });
  add('', false);
  return {
    close() { for (const w of watchers.values()) w.close(); watchers.clear(); },
    ref() { for (const w of watchers.values()) w.ref(); },
    unref() { for (const w of watchers.values()) w.unref(); },
  };
}

function attempt(step) {
  try {
    step();
  } catch {
    // it is gone again, or not to be seen
  }
}

function* isDir(c, path) {
  try {
    return (yield* ops.lstat.run(c, path, {})).isDirectory();
  } catch {
    return false;
  }
}

const encode = (name, encoding) => {
  if (name === null || !encoding || encoding === 'utf8' || encoding === 'utf-8') return name;
  return encoding === 'buffer' ? Buffer.from(name) : Buffer.from(name).toString(encoding);
};

function start(c, path, o, tell) {
  const ignored = ignoring(o.ignore);
  const report = (err, type, name) => {
    if (err) tell(err);
    else if (name === null || !ignored(name)) tell(null, type, encode(name, o.encoding));
  };
  try {
    return (o.recursive ? watchTree : watchOne)(c, path, o, report);
  } catch (err) {
    if (o.throwIfNoEntry === false && err.code === 'ENOENT') return null;
    throw named(err, path);
  }
}

class FSWatcher extends EventEmitter {
  #real;

  constructor(c, path, o) {
    super();
    this.#real = start(c, path, o, (err, type, name) => {
      if (err) this.emit('error', err);
      else if (this.#real !== null) this.emit('change', type, name);
    });
  }

  start() {}
  close() {
    if (this.#real === null) return;
    this.#real.close();
    this.#real = null;
    core.nextTick(() => this.emit('close'));
  }
  ref() { this.#real?.ref(); return this; }
  unref() { this.#real?.unref(); return this; }
}

function watchArgs(path, options) {
  const o = args.options(typeof options === 'function' ? undefined : options, WATCH, { persistent: true, recursive: false });
  return [args.path(path, 'filename'), o];
}

function watch(c, filename, options, listener) {
  if (typeof options === 'function') listener = options;
  const [path, o] = watchArgs(filename, options);
  const watcher = new FSWatcher(c, path, o);
  if (listener) watcher.addListener('change', listener);
  const { signal } = o;
  if (signal?.aborted) core.nextTick(() => watcher.close());
  else if (signal) {
    const close = () => watcher.close();
    signal.addEventListener('abort', close);
    watcher.once('close', () => signal.removeEventListener('abort', close));
  }
  return watcher;
}

// fs.promises.watch
use('harden').freezeFunction(watchEvents);
async function* watchEvents(c, filename, options) {
  const [path, o] = watchArgs(filename, args.object(options, WATCH));
  const { signal, maxQueue = 2048, overflow = 'ignore' } = o;
  validators.validateBoolean(o.persistent, 'options.persistent');
  validators.validateBoolean(o.recursive, 'options.recursive');
  validators.validateInteger(maxQueue, 'options.maxQueue');
  validators.validateOneOf(overflow, 'options.overflow', ['ignore', 'error']);
  const aborted = () => new AbortError(undefined, { cause: signal.reason });
  if (signal?.aborted) throw aborted();
  const queue = [];
  let wake = () => {};
  const push = (item) => {
    if (queue.length < maxQueue || item instanceof Error) queue.push(item);
    else if (overflow === 'error') queue.splice(0, Infinity, new codes.ERR_FS_WATCH_QUEUE_OVERFLOW(maxQueue));
    else host.global.process.emitWarning('fs.watch maxQueue exceeded');
    wake();
  };
  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort);
  const watcher = start(c, path, o, (err, eventType, name) => push(err ?? { __proto__: null, eventType, filename: name }));
  try {
    for (;;) {
      while (queue.length > 0) {
        const item = queue.shift();
        if (item instanceof Error) throw item;
        yield item;
      }
      if (signal?.aborted) throw aborted();
      await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    watcher?.close();
    signal?.removeEventListener('abort', onAbort);
  }
}

// ---- watchFile: polling

const NONE = ['dev', 'ino', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'size'];
const COMPARED = ['ino', 'dev', 'mode', 'size', 'uid', 'gid', 'mtimeMs', 'ctimeMs', 'birthtimeMs', 'nlink'];

function zeroStats(bigint) {
  const info = real.statSync('/', { bigint });
  for (const key of Object.keys(info)) {
    if (typeof info[key] === 'bigint') info[key] = 0n;
    else if (typeof info[key] === 'number') info[key] = 0;
  }
  for (const key of ['atime', 'mtime', 'ctime', 'birthtime']) info[key] = new host.global.Date(0);
  return info;
}

class StatWatcher extends EventEmitter {
  #s;

  constructor(c, path, o) {
    super();
    this.#s = { c, path, o, timer: null, last: null, present: null, stopped: false, held: o.persistent, keep: null };
    this.#poll();
  }

  #poll() {
    const s = this.#s;
    core.runAsync(ops.stat.run(s.c, s.path, { bigint: s.o.bigint }), (err, info) => {
      if (s.stopped) return;
      this.#compare(err ? null : info);
      s.timer = setTimeout(() => this.#poll(), s.o.interval);
      if (!s.held) s.timer.unref();
    });
  }

  #compare(info) {
    const s = this.#s;
    const now = info ?? zeroStats(s.o.bigint);
    const before = s.last;
    const changed = before !== null && COMPARED.some((key) => before[key] !== now[key]);
    s.last = now;
    if (changed || (before === null && info === null)) this.emit('change', now, before ?? now);
  }

  start() {}
  stop() {
    const s = this.#s;
    if (s.stopped) return;
    s.stopped = true;
    clearTimeout(s.timer);
    core.nextTick(() => this.emit('stop'));
  }
  ref() { this.#s.held = true; this.#s.timer?.ref(); return this; }
  unref() { this.#s.held = false; this.#s.timer?.unref(); return this; }
}

function watchFile(c, watchers, filename, options, listener) {
  const path = args.absolute(args.path(filename, 'filename'));
  if (options === null || typeof options !== 'object') {
    listener = options;
    options = undefined;
  }
  const o = args.options(options, ['interval', 'persistent', 'bigint'], { interval: 5007, persistent: true });
  validators.validateFunction(listener, 'listener');
  validators.validateUint32(o.interval, 'interval');
  let watcher = watchers.get(path);
  if (!watcher) watchers.set(path, watcher = new StatWatcher(c, path, o));
  watcher.addListener('change', listener);
  return watcher;
}

function unwatchFile(watchers, filename, listener) {
  const path = args.absolute(args.path(filename, 'filename'));
  const watcher = watchers.get(path);
  if (!watcher) return;
  if (typeof listener === 'function') watcher.removeListener('change', listener);
  else watcher.removeAllListeners('change');
  if (watcher.listenerCount('change') > 0) return;
  watcher.stop();
  watchers.delete(path);
}

core.seal(FSWatcher.prototype, 'FSWatcher');
core.seal(StatWatcher.prototype, 'StatWatcher');

exports.make = (c) => {
  const watchers = new Map();
  return {
    watch: (filename, options, listener) => watch(c, filename, options, listener),
    watchFile: (filename, options, listener) => watchFile(c, watchers, filename, options, listener),
    unwatchFile: (filename, listener) => unwatchFile(watchers, filename, listener),
    watchEvents: (filename, options) => watchEvents(c, filename, options),
  };
};

// `process` of a package: complete in shape, its own in every part. What acts on the whole process needs `process` items, what tells about the
// machine `system` items, time `clock`; the environment and the streams are facades of their own. Events: 'exit' and 'beforeExit' are
// for everybody, signals need process "signals", other packages' errors and warnings ('uncaughtException', 'unhandledRejection', 'warning'...)
// need process "exit", because who handles them decides whether the process lives.

const { check, denied, holds, may, named, peek } = use('deny');
const { listed } = use('compartment');
const { apply, defineProperty } = Reflect;
const realProcess = host.global.process;
const { nextTick } = realProcess;
const EventEmitter = host.real('events');
const { on: superOn, prependListener: superPrepend, removeListener: superRemove, removeAllListeners: superRemoveAll, emit: superEmit } = EventEmitter.prototype;

const LIFE = new Set(['exit', 'beforeExit']);
const OTHERS_TROUBLE = new Set(['uncaughtException', 'uncaughtExceptionMonitor', 'unhandledRejection', 'rejectionHandled', 'warning', 'multipleResolves', 'worker']);
// fork(): the way to the parent is the program's, that is of whom the parent started, and of no package that it imports. Texts and values only.
const CHANNEL = new Set(['message', 'disconnect']);
const hasChannel = (c) => c.id === 0 && typeof realProcess.send === 'function';
const channelOf = () => ({
  send(message, handle, options, callback) {
    const then = [handle, options, callback].find((x) => typeof x === 'function');
    if (handle !== undefined && handle !== null && handle !== then) throw Object.assign(new Error('npsx: a confined program sends no handles'), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' });
    return realProcess.send(message, undefined, undefined, then);
  },
  get connected() { return realProcess.connected; },
  disconnect() { realProcess.disconnect(); },
  channel: { ref() { realProcess.channel?.ref(); }, unref() { realProcess.channel?.unref(); } },
});
// Called as a function it does nothing, as Node's (jest runs it over its copy of process).
const nobody = named(function () { if (new.target !== undefined) throw new TypeError('Illegal constructor'); }, 'process', 0);
nobody.prototype = undefined;
Object.freeze(nobody);
const isSignal = (event) => typeof event === 'string' && /^SIG[A-Z0-9]+$/.test(event);
const NOBODY = 65534;
const nothing = () => {};

Object.freeze(nextTick);
if (nextTick.prototype) Object.freeze(nextTick.prototype);

// What is registered on a process may be another package's function: it is called without that process as its `this`.
const wrapped = (listener) => (typeof listener !== 'function' ? listener : Object.assign((...args) => apply(listener, undefined, args), { listener }));

// -- events: one private listener on the real process for each event that somebody here listens to
const emitterOf = (c) => {
  const forwards = new Map();
  const need = (event) => {
    if (isSignal(event)) check(c, 'process', 'signals');
    else if (OTHERS_TROUBLE.has(event)) check(c, 'process', 'exit');
  };
  const forwarded = (event) => LIFE.has(event) || OTHERS_TROUBLE.has(event) || isSignal(event) || (hasChannel(c) && CHANNEL.has(event));
  const sync = (self, event) => {
    if (!forwarded(event)) return;
    const wanted = self.listenerCount(event) > 0;
    const forward = forwards.get(event);
    if (wanted && forward === undefined) {
      const listener = named((...args) => {
        if (event === 'worker' && !use('facade/worker_threads').belongs(c, args[0])) return;
        if (CHANNEL.has(event)) { self.emit(event, ...args.slice(0, 1)); return; }     // what came with a message is nobody's
        if (!LIFE.has(event)) { self.emit(event, ...args); return; }
        try { self.emit(event, ...args); } catch (error) { lastWords(event, error); }
      }, 'forward');
      forwards.set(event, listener);
      realProcess.on(event, listener);
    } else if (!wanted && forward !== undefined) {
      forwards.delete(event);
      realProcess.removeListener(event, forward);
    }
  };
  const adding = (how) => function (event, listener) {
    need(event);
    apply(how, this, [event, wrapped(listener)]);
    sync(this, event);
    return this;
  };
  const once = (how) => function (event, listener) {
    need(event);
    const run = typeof listener !== 'function' ? listener : Object.assign((...args) => {
      apply(superRemove, this, [event, run]);
      sync(this, event);
      return apply(listener, undefined, args);
    }, { listener });
    apply(how, this, [event, run]);
    sync(this, event);
    return this;
  };
  const on = adding(superOn);
  const removeListener = function (event, listener) {
    apply(superRemove, this, [event, listener]);
    sync(this, event);
    return this;
  };
  const proto = {
    __proto__: EventEmitter.prototype,
    on,
    addListener: on,
    prependListener: adding(superPrepend),
    once: once(superOn),
    prependOnceListener: once(superPrepend),
    removeListener,
    off: removeListener,
    removeAllListeners(event) {
      apply(superRemoveAll, this, event === undefined ? [] : [event]);
      for (const name of [...forwards.keys()]) sync(this, name);
      return this;
    },
    emit(event, ...args) { return apply(superEmit, this, [event, ...args]); },
  };
  for (const key of Object.keys(proto)) defineProperty(proto, key, { enumerable: false });
  defineProperty(proto, 'constructor', { value: nobody, writable: true, configurable: true });
  defineProperty(proto, Symbol.toStringTag, { value: 'process', configurable: true });
  return proto;
};

// An error in one package's 'exit' listener does not keep the others from hearing; it is told as node tells it.
const lastWords = (event, error) => {
  if (event === 'beforeExit') { nextTick(() => { throw error; }); return; }
  realProcess.exitCode = 1;
  try { realProcess._rawDebug(error instanceof Error ? `${error.stack}` : `Uncaught ${String(error)}`); } catch { /* an error that cannot be told */ }
};

// -- warnings are printed by Node; only text crosses
const emitWarning = (warning, type, code, detailed) => {
  const o = typeof type === 'object' && type !== null ? type : { type, code };
  const message = warning instanceof Error ? warning.message : warning;
  if (typeof message !== 'string') throw Object.assign(new TypeError('The "warning" argument must be of type string or an instance of Error'), { code: 'ERR_INVALID_ARG_TYPE' });
  const kind = warning instanceof Error ? warning.name : typeof o.type === 'string' ? o.type : 'Warning';
  const text = (v) => (typeof v === 'string' ? v : undefined);
  void detailed;
  realProcess.emitWarning(message, { type: `${kind}`, code: text(warning instanceof Error ? warning.code : o.code), detail: text(o.detail) });
};

// What detect-libc and its like look for; the rest of a real report is the environment and the machine.
const reportOf = () => ({
  compact: false, directory: '', filename: '', excludeNetwork: true, excludeEnv: true, reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false,
  signal: 'SIGUSR2',
  getReport() {
    const { report } = realProcess;
    const before = report.excludeNetwork;
    report.excludeNetwork = true;
    const { header } = report.getReport();
    report.excludeNetwork = before;
    const { reportVersion, nodejsVersion, glibcVersionRuntime, glibcVersionCompiler, wordSize, arch, platform } = header;
    return { header: { reportVersion, nodejsVersion, glibcVersionRuntime, glibcVersionCompiler, wordSize, arch, platform, componentVersions: { ...realProcess.versions } }, sharedObjects: [] };
  },
  writeReport() { throw Object.assign(new Error('npsx: a report is written by the ambient application only'), { code: 'ERR_CAPABILITY_DENIED', capability: 'ambient' }); },
});

// By the table, not by Node: the engine runs with Node's internal modules exposed.
const builtin = (c, id) => {
  const name = id.startsWith('node:') ? id.slice(5) : id;
  const { TABLE, ONLY_WITH_PREFIX } = use('facade/table');
  if (TABLE[name] === undefined || (name === id && ONLY_WITH_PREFIX.has(name))) return undefined;
  return use('builtins').get(c, name);
};

for (const f of [nothing, emitWarning]) Object.freeze(f);

const build = (c) => {
  use('seal').builtin('events');
  // what a worker's own package ends there is that worker
  const ownThread = host.thread !== undefined && use('worker').isInsider(c);
  const act = (item) => { if (!ownThread || item !== 'exit') check(c, 'process', item); };
  const told = (item, real, neutral) => (peek(c, 'system', item) && may(c, 'system', item) ? real() : neutral);
  const memory = (f) => (...args) => { check(c, 'system', 'memory'); return f(...args); };
  const ambient = (name) => named(() => { throw denied(c, 'ambient', ''); }, name);
  const identity = (name, neutral) => named(() => told('user', realProcess[name], neutral), name);
  const mayExit = () => ownThread || peek(c, 'process', 'exit');
  let title = 'node';
  let exitCode;

  const own = {
    __proto__: emitterOf(c),
    version: realProcess.version, arch: realProcess.arch, platform: realProcess.platform,
    get title() { return peek(c, 'process', 'title') ? realProcess.title : title; },
    set title(value) {
      title = `${value}`;
      if (peek(c, 'process', 'title') && may(c, 'process', 'title')) realProcess.title = title;
    },
    argv0: 'node', execPath: host.plan.execPath, debugPort: 9229, domain: null, mainModule: undefined, moduleLoadList: [], _exiting: false, _preload_modules: [],
    sourceMapsEnabled: false,
    pid: holds(c, 'process') ? realProcess.pid : 1,
    ppid: holds(c, 'process') ? realProcess.ppid : 0,
    get exitCode() { return mayExit() ? realProcess.exitCode : exitCode; },
    set exitCode(value) {
      exitCode = value;
      if (mayExit() && (ownThread || may(c, 'process', 'exit'))) realProcess.exitCode = typeof value === 'number' || value === undefined ? value : `${value}`;
    },

    nextTick,
    emitWarning,
    cwd() { return realProcess.cwd(); },
    umask(mask) {
      if (mask === undefined) return realProcess.umask();
      act('umask');
      return realProcess.umask(typeof mask === 'number' ? mask : `${mask}`);
    },
    chdir(directory) { act('chdir'); realProcess.chdir(`${directory}`); },
    exit(code) {
      act('exit');
      realProcess.exit(...(code === undefined ? [] : [typeof code === 'number' ? code : `${code}`]));
    },
    reallyExit(code) { act('exit'); realProcess.reallyExit(code === undefined ? undefined : Number(code)); },
    abort() { act('exit'); realProcess.abort(); },
    kill(pid, signal) { act('kill'); return realProcess.kill(Number(pid), typeof signal === 'number' ? signal : signal === undefined ? undefined : `${signal}`); },
    _kill(pid, signal) { act('kill'); return realProcess._kill(Number(pid), Number(signal)); },

    getuid: identity('getuid', NOBODY), geteuid: identity('geteuid', NOBODY), getgid: identity('getgid', NOBODY), getegid: identity('getegid', NOBODY),
    getgroups() { return told('user', () => realProcess.getgroups(), []); },
    cpuUsage: memory((previous) => realProcess.cpuUsage(previous)),
    threadCpuUsage: memory((previous) => realProcess.threadCpuUsage(previous)),
    resourceUsage: memory(() => realProcess.resourceUsage()),
    constrainedMemory: memory(() => realProcess.constrainedMemory()),
    availableMemory: memory(() => realProcess.availableMemory()),
    memoryUsage: Object.assign(memory(() => realProcess.memoryUsage()), { rss: memory(() => realProcess.memoryUsage.rss()) }),

    getBuiltinModule(id) {
      if (listed) throw use('manifest').whoAsks('process.getBuiltinModule');
      return builtin(c, `${id}`);
    },
    loadEnvFile(path = '.env') {
      const found = host.real('util').parseEnv(use('builtins').get(c, 'fs').readFileSync(path, 'utf8'));
      for (const name of Object.keys(found)) if (own.env[name] === undefined) own.env[name] = found[name];
    },
    dlopen(module, filename) { use('cjs').dlopen(c, module, `${filename}`); },

    setUncaughtExceptionCaptureCallback(f) { act('exit'); realProcess.setUncaughtExceptionCaptureCallback(f); },
    addUncaughtExceptionCaptureCallback(f) { act('exit'); realProcess.addUncaughtExceptionCaptureCallback(f); },
    hasUncaughtExceptionCaptureCallback() { return false; },
    _rawDebug(...args) { check(c, 'stdio', 'stderr'); realProcess._rawDebug(host.real('util').format(...args)); },
    openStdin() { own.stdin.resume(); return own.stdin; },
    ref(x) { (x?.[Symbol.for('nodejs.ref')] ?? x?.ref)?.call(x); },
    unref(x) { (x?.[Symbol.for('nodejs.unref')] ?? x?.unref)?.call(x); },
    getActiveResourcesInfo() { return []; }, _getActiveHandles() { return []; }, _getActiveRequests() { return []; },
    setSourceMapsEnabled: nothing, _startProfilerIdleNotifier: nothing, _stopProfilerIdleNotifier: nothing, _tickCallback: nothing,
  };
  for (const name of ['_linkedBinding', 'execve', '_fatalException', '_debugProcess', '_debugEnd', 'initgroups', 'setgroups', 'setegid', 'seteuid', 'setgid', 'setuid'])
    own[name] = ambient(name);
  own.binding = use('facade/binding').make(c);

  if (hasChannel(c)) Object.defineProperties(own, Object.getOwnPropertyDescriptors(channelOf()));

  const lazy = (key, make) => defineProperty(own, key, {
    get() { const value = make(); defineProperty(own, key, { value, writable: true }); return value; },
    set(value) { defineProperty(own, key, { value, writable: true }); },
    enumerable: true, configurable: true,
  });
  lazy('env', () => use('facade/env').make(c));
  lazy('argv', () => (host.thread === undefined ? [...realProcess.argv] : use('worker').argvFor(c)));
  lazy('execArgv', () => [...realProcess.execArgv]);
  lazy('stdout', () => use('facade/stdio').output(c, 1));
  lazy('stderr', () => use('facade/stdio').output(c, 2));
  lazy('stdin', () => use('facade/stdio').input(c));
  lazy('versions', () => Object.freeze({ ...realProcess.versions }));
  lazy('release', () => ({ ...realProcess.release }));
  lazy('features', () => ({ ...realProcess.features }));
  lazy('config', () => JSON.parse(JSON.stringify(realProcess.config)));
  lazy('hrtime', () => use('facade/clock').hrtimeFor(c));
  lazy('uptime', () => use('facade/clock').uptimeFor(c));
  lazy('report', reportOf);
  lazy('allowedNodeEnvironmentFlags', () => new Set(realProcess.allowedNodeEnvironmentFlags));
  lazy('finalization', () => {
    const registered = new Map();
    const at = (event) => (ref, callback) => {
      const listener = () => { callback(ref, event); };
      registered.set(ref, [event, listener]);
      own.on(event, listener);
    };
    return {
      register: at('exit'), registerBeforeExit: at('beforeExit'),
      unregister(ref) { const r = registered.get(ref); if (r !== undefined) own.removeListener(...r); registered.delete(ref); },
    };
  });
  apply(EventEmitter, own, []);
  return own;
};

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own === undefined) made.set(c, own = build(c));
  return own;
};

// The ambient application has the real process, less what belongs to npsx: child processes start npsx again, and Node's internals that the
// runtime was started with stay here.
const withoutThis = () => {
  const { on, prependListener, removeListener } = EventEmitter.prototype;
  const adding = (add) => function (event, listener) { return apply(add, this, [event, wrapped(listener)]); };
  const once = (add) => function (event, listener) {
    if (typeof listener !== 'function') return apply(add, this, [event, listener]);
    const run = (...args) => { apply(removeListener, realProcess, [event, run]); return apply(listener, undefined, args); };
    run.listener = listener;
    return apply(add, this, [event, run]);
  };
  const own = { on: adding(on), addListener: adding(on), prependListener: adding(prependListener), once: once(on), prependOnceListener: once(prependListener) };
  for (const key of Object.keys(own)) defineProperty(realProcess, key, { value: named(own[key], key, 2), writable: true, enumerable: false, configurable: true });
};

let prepared = false;
exports.ambient = (c) => {
  if (prepared) return realProcess;
  prepared = true;
  withoutThis();
  realProcess.execPath = host.plan.execPath;
  use('facade/stdio_files').install(c);
  const { dlopen } = realProcess;
  realProcess.dlopen = named((module, filename, ...flags) => { apply(dlopen, realProcess, [module, use('cjs').vouched(filename), ...flags]); }, 'dlopen', 2);
  realProcess.getBuiltinModule = named((id) => builtin(c, `${id}`), 'getBuiltinModule');
  if (listed) use('manifest').withhold(realProcess);
  return realProcess;
};
// Keys of the real process that a package's process has not, on purpose: of npsx's own start, of node's debugging, or the program's alone.
exports.ABSENT = ['_eval', '_print_eval', 'noProcessWarnings', 'noDeprecation', 'traceDeprecation', 'throwDeprecation', 'permission', 'send', 'connected', 'channel', 'disconnect'];

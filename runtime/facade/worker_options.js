// The arguments of `new Worker(file, options)`: read once, every part named here or dropped, and written down as primitives.

const { check } = use('deny');
const { codes } = host.internal('internal/errors');
const { isURL } = host.internal('internal/url');
const { fileURLToPath } = host.real('url');
const { resolve } = host.real('path');
const { process: realProcess } = host.global;
const { SHARE_ENV } = host.real('worker_threads');

const LIMITS = ['maxYoungGenerationSizeMb', 'maxOldGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];
const list = (value, name) => {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new codes.ERR_INVALID_ARG_TYPE(name, 'Array', value);
  return Array.from(value);
};

// What says nothing about whose code runs. Everything else that node knows reads a file, opens a port or changes the engine, and is refused as
// node refuses an option that is the process's.
const HARMLESS = /^--(no-)?(warnings|deprecation|trace-[a-z-]+|throw-deprecation|pending-deprecation|enable-source-maps|stack-trace-limit=\d+|preserve-symlinks(-main)?|experimental-(?!loader|policy|config|network|permission|sea)[a-z-]+|strip-types|force-node-api-uncaught-exceptions-policy|addons|verify-base-objects|unhandled-rejections=[a-z-]+)$/;
const PRELOAD = /^(?:-r|--require|--import)(?:=(.*))?$/s;
const CONDITION = /^(?:-C|--conditions)(?:=(.*))?$/s;
const readExecArgv = (args) => {
  const preload = [];
  const conditions = [];
  for (let i = 0; i < args.length; i++) {
    const into = PRELOAD.test(args[i]) ? preload : CONDITION.test(args[i]) ? conditions : undefined;
    if (into === undefined) {
      if (!HARMLESS.test(args[i])) throw new codes.ERR_WORKER_INVALID_EXEC_ARGV([args[i]]);
      continue;
    }
    const value = (into === preload ? PRELOAD : CONDITION).exec(args[i])[1] ?? args[++i];
    if (value === undefined || value === '') throw new codes.ERR_WORKER_INVALID_EXEC_ARGV([args[i - 1]]);
    if (into === conditions) conditions.push(value);
    else preload.push(/^\.{0,2}\//.test(value) ? resolve(realProcess.cwd(), value) : value.startsWith('file:') ? fileURLToPath(value) : value);
  }
  return { preload, conditions };
};

const readEnv = (c, env) => {
  if (env === undefined || env === null) return c.ambient ? undefined : { exact: false, entries: use('facade/env').written(c) };
  if (env === SHARE_ENV) return undefined;
  if (typeof env !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('options.env', ['object', 'undefined', 'null', 'worker_threads.SHARE_ENV'], env);
  return { exact: true, entries: Object.entries(env).map(([name, value]) => [name, `${value}`]) };
};

const readScript = (c, filename, isText) => {
  if (isText) {
    if (typeof filename !== 'string') throw new codes.ERR_INVALID_ARG_VALUE('options.eval', isText, "must be false when 'filename' is not a string");
    check(c, 'eval');
    return { kind: 'eval', source: filename };
  }
  if (isURL(filename)) {
    const url = `${filename}`;
    return url.startsWith('data:') ? { kind: 'data', url } : file(fileURLToPath(url));
  }
  if (typeof filename !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('filename', ['string', 'URL'], filename);
  if (!/^(\/|\.\.?\/)/.test(filename)) throw new codes.ERR_WORKER_PATH(filename);
  return file(resolve(realProcess.cwd(), filename));
};
const file = (path) => {
  if (path.includes('\0')) throw new codes.ERR_INVALID_ARG_VALUE('filename', path, 'must be a string without null bytes');
  return { kind: 'file', path, named: path };
};

// -> {told: for runtime/worker.js, options: for Node's Worker, data}
exports.read = (c, filename, given) => {
  const o = given ?? {};
  const { argv, env, eval: isText, execArgv, name, resourceLimits, stdin, stdout, stderr, trackUnmanagedFds, transferList, workerData } = o;
  const shownExecArgv = list(execArgv, 'options.execArgv')?.map(String);
  const limits = typeof resourceLimits === 'object' && resourceLimits !== null
    ? Object.fromEntries(LIMITS.map((key) => [key, resourceLimits[key]]).filter(([, value]) => typeof value === 'number')) : undefined;
  if (name !== undefined && name !== null && name !== '' && typeof name !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('options.name', 'string', name);
  return {
    told: {
      root: c.root, script: readScript(c, filename, !!isText), argv: list(argv, 'options.argv')?.map(String) ?? [],
      execArgv: shownExecArgv ?? [...realProcess.execArgv], ...readExecArgv(shownExecArgv ?? []), env: readEnv(c, env),
    },
    options: {
      eval: true, ...(env === SHARE_ENV ? { env: SHARE_ENV } : {}), argv: [...host.descriptors, c.free ? 'free' : 'bound'], resourceLimits: limits,
      stdin: !!stdin, stdout: !!stdout, stderr: !!stderr, trackUnmanagedFds: trackUnmanagedFds !== false, ...(name ? { name } : {}),
      ...(transferList === undefined || transferList === null ? {} : { transferList: list(transferList, 'options.transferList') }),
    },
    workerData,
  };
};

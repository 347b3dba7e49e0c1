// require('child_process'). Confined: only granted programs, by the absolute path that psx.command found, with the package's own environment and
// descriptors (spawn_args.js). Ambient: Node's own, but a child that is node comes back to npsx.

const { text, unsupported } = use('facade/endpoint');
const { seal, stand } = use('facade/seal_net');
const { may, named, peek } = use('deny');
const { read, throughSpawner, boxed, isNode, list, carry } = use('facade/spawn_args');
const { plan } = host;
const { apply } = Reflect;

const real = host.real('child_process');
const { codes } = host.internal('internal/errors');
const { promisify, getSystemErrorName } = host.real('util');
const { Buffer } = host.real('buffer');
const { process: realProcess } = host.global;
const NPromise = host.realGlobal.Promise;
const MAX_BUFFER = 1024 * 1024;

// What was asked for is what is shown; what runs is the resolved path.
const show = (child, { file, options, shown }) => {
  child.spawnfile = file;
  child.spawnargs = [options.argv0, ...shown];
  return child;
};
const isArgs = (value) => Array.isArray(value);

const withPromise = (fn) => {
  Object.defineProperty(fn, promisify.custom, { configurable: true, enumerable: false, value: named((...args) => {
    let child;
    const promise = new NPromise((resolve, reject) => {
      child = fn(...args, (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else reject(Object.assign(error, { stdout, stderr }));
      });
    });
    promise.child = child;
    return promise;
  }, fn.name) });
  return fn;
};

// (file, args?, options?, callback?) in Node's many orders
const fileArguments = (file, args, options, callback) => {
  if (!isArgs(args)) {
    if (typeof args === 'function') { callback = args; options = undefined; args = []; }
    else if (args !== undefined && args !== null && typeof args === 'object') { callback = options; options = args; args = []; }
    else args = [];
  }
  if (typeof options === 'function') { callback = options; options = undefined; }
  if (callback !== undefined && callback !== null && typeof callback !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('callback', 'Function', callback);
  return { file, args, options: options ?? {}, callback };
};
const commandOptions = (options) => {
  const o = { ...options };
  o.shell = typeof o.shell === 'string' ? o.shell : true;
  return o;
};

const make = (c) => {
  const start = (plain) => {
    const { path, args, options, done } = throughSpawner(c, plain, `spawn ${plain.file}`);
    try {
      const child = show(real.spawn(path, args, options), plain);
      if (boxed && !plain.missing) child.stdio.length = plain.options.stdio.length;      // without the channel
      return child;
    } finally { done(); }
  };

  const spawn = (file, args, options) => start(read(c, file, args, options));

  const spawnSync = (file, args, options) => {
    const plain = read(c, file, args, options, { sync: true, report: 'spawnSync' });
    const { path, args: argv, options: how, done } = throughSpawner(c, plain, `spawnSync ${plain.file}`);
    let result;
    try { result = real.spawnSync(path, argv, how); } finally { done(); }
    if (boxed && !plain.missing && result.output !== null) result.output.length = plain.options.stdio.length;
    if (result.error !== undefined && result.error !== null) {
      const { error } = result;
      if (typeof error.message === 'string') error.message = error.message.replace(path, plain.file);
      error.syscall = `spawnSync ${plain.file}`;
      error.path = plain.file;
      error.spawnargs = plain.shown;
    }
    return result;
  };

  // As Node's execFile: output collected, one callback. cmd is what was asked for.
  const collect = (plain, callback, cmd) => {
    const { encoding = 'utf8', timeout = 0, maxBuffer = MAX_BUFFER, killSignal = 'SIGTERM' } = plain.options;
    if (timeout !== null && (!Number.isInteger(timeout) || timeout < 0)) throw new codes.ERR_OUT_OF_RANGE('timeout', 'an unsigned integer', timeout);
    if (maxBuffer !== null && !(maxBuffer >= 0)) throw new codes.ERR_OUT_OF_RANGE('options.maxBuffer', 'a positive number', maxBuffer);
    const { timeout: _, maxBuffer: __, ...options } = plain.options;
    const child = start({ ...plain, options: { __proto__: null, ...options, stdio: ['pipe', 'pipe', 'pipe'] } });
    const asText = encoding !== 'buffer' && Buffer.isEncoding(encoding);
    const kept = { stdout: [], stderr: [] };
    let ex = null; let killed = false; let exited = false; let timer;
    const kill = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      killed = true;
      try { child.kill(killSignal ?? 'SIGTERM'); } catch (error) { ex = error; onExit(); }
    };
    const onExit = (code, signal) => {
      if (exited) return;
      exited = true;
      if (timer !== undefined) host.global.clearTimeout(timer);
      if (!callback) return;
      const [stdout, stderr] = ['stdout', 'stderr'].map((name) => (asText || child[name]?.readableEncoding ? kept[name].join('') : Buffer.concat(kept[name])));
      if (ex === null && code === 0 && signal === null) { callback(null, stdout, stderr); return; }
      ex ??= Object.assign(new Error(`Command failed: ${cmd}\n${stderr}`), { code: code < 0 ? getSystemErrorName(code) : code, killed: child.killed || killed, signal });
      ex.cmd = cmd;
      callback(ex, stdout, stderr);
    };
    if (timeout > 0) timer = host.global.setTimeout(kill, timeout);
    for (const name of ['stdout', 'stderr']) {
      const stream = child[name];
      if (!stream) continue;
      if (asText) stream.setEncoding(encoding);
      let length = 0;
      stream.on('data', (chunk) => {
        const size = typeof chunk === 'string' ? Buffer.byteLength(chunk, stream.readableEncoding ?? 'utf8') : chunk.length;
        length += size;
        if (length <= maxBuffer || maxBuffer === null) { kept[name].push(chunk); return; }
        kept[name].push(chunk.slice(0, maxBuffer - (length - size)));
        ex = new codes.ERR_CHILD_PROCESS_STDIO_MAXBUFFER(name);
        kill();
      });
    }
    child.on('close', onExit);
    child.on('error', (error) => {
      ex = error;
      child.stdout?.destroy();
      child.stderr?.destroy();
      onExit();
    });
    return child;
  };
  const execFile = withPromise(named((...given) => {
    const { file, args, options, callback } = fileArguments(...given);
    const plain = read(c, file, args, options);
    return collect(plain, callback, [file, ...list(args)].join(' '));
  }, 'execFile', 4));
  const exec = withPromise(named((command, options, callback) => {
    if (typeof options === 'function') { callback = options; options = undefined; }
    text(command, 'command');
    const o = commandOptions(options);
    return collect(read(c, command, [], o), callback, command);
  }, 'exec', 3));

  const finishSync = (result, inherit, command) => {
    if (inherit && result.stderr && result.stderr.length > 0 && may(c, 'stdio', 'stderr')) realProcess.stderr.write(result.stderr);
    if (result.error) throw Object.assign(result.error, result);
    if (result.status !== 0) {
      const message = `Command failed: ${command}${result.stderr && result.stderr.length > 0 ? `\n${result.stderr.toString()}` : ''}`;
      throw Object.assign(new Error(message), result);
    }
    return result.stdout;
  };
  const execFileSync = (...given) => {
    const { file, args, options } = fileArguments(...given);
    return finishSync(spawnSync(file, args, options), !options.stdio, [options.argv0 || file, ...list(args)].join(' '));
  };
  const execSync = (command, options) => {
    text(command, 'command');
    const o = commandOptions(options);
    return finishSync(spawnSync(command, [], o), !o.stdio, command);
  };

  const fork = (file, args, options) => {
    if (args !== undefined && args !== null && !isArgs(args)) { options = args; args = []; }
    const path = typeof file === 'string' ? file : host.real('url').fileURLToPath(file);
    const o = { ...options, shell: false };
    const { execPath, execArgv, silent } = o;
    const argv = [...carry(list(execArgv ?? plan.execArgv ?? [])), text(path, 'modulePath'), ...list(args ?? [])];
    if (o.stdio !== undefined && o.stdio !== null && typeof o.stdio !== 'string' && !(isArgs(o.stdio) && o.stdio.includes('ipc'))) throw new codes.ERR_CHILD_PROCESS_IPC_REQUIRED('options.stdio');
    o.stdio = typeof o.stdio === 'string' ? [o.stdio, o.stdio, o.stdio, 'ipc'] : o.stdio ?? [...['stdin', 'stdout', 'stderr'].map((name) => (silent ? 'pipe' : peek(c, 'stdio', name) ? 'inherit' : 'ignore')), 'ipc'];    // what nobody asked for by name is not missed
    return start(read(c, typeof execPath === 'string' ? execPath : 'node', argv, o, { ipc: true }));
  };

  // A child without a process behind it, as some packages report a failed start with. It has no handle, so it can never have one started.
  const ChildProcess = named(function ChildProcess() {
    const child = Object.create((new.target ?? ChildProcess).prototype);
    apply(host.real('events'), child, []);
    return Object.assign(child, { _closesNeeded: 1, _closesGot: 0, connected: false, signalCode: null, exitCode: null, killed: false, spawnfile: null, _handle: null });
  }, 'ChildProcess', 0);
  ChildProcess.prototype = real.ChildProcess.prototype;
  Object.setPrototypeOf(ChildProcess, use('facade/events').EventEmitter);
  return {
    _forkChild() { throw unsupported('child_process._forkChild'); },
    ChildProcess, exec, execFile,
    execFileSync: named(execFileSync, 'execFileSync', 3), execSync: named(execSync, 'execSync', 2), fork: named(fork, 'fork', 3), spawn: named(spawn, 'spawn', 3),
    spawnSync: named(spawnSync, 'spawnSync', 3),
  };
};

const made = new WeakMap();
exports.make = (c) => {
  if (!made.has(c)) {
    seal(host, 'child_process');
    made.set(c, make(c));
  }
  return made.get(c);
};

// The application may start what it likes; only node must not mean a Node without the policy.
exports.ambient = (c) => {
  seal(host, 'child_process');
  const module = { ...real };
  const back = (file) => (typeof file === 'string' && (file === 'node' || file === realProcess.execPath || (isNode(file) && file.includes('/'))) ? plan.execPath : file);
  // exec, execFile and fork call Node's own spawn: each gets the same first argument
  const { inherit } = plan;
  const given = (file, rest) => {
    const program = back(file);
    if (program !== plan.execPath || inherit.length === 0) return [program, ...rest];
    if (isArgs(rest[0])) return [program, [...inherit, ...rest[0]], ...rest.slice(1)];
    return [program, inherit, ...(rest[0] === undefined || rest[0] === null ? rest.slice(1) : rest)];
  };
  for (const key of ['spawn', 'spawnSync', 'execFile', 'execFileSync']) {
    const fn = real[key];
    stand(module, key, { [key](file, ...rest) { return apply(fn, this, given(file, rest)); } }[key]);
  }
  module.execFile[promisify.custom] === undefined || withPromise(module.execFile);
  const command = (text_) => (typeof text_ === 'string' ? text_.replace(/^(\s*)node(?=\s|$)/, (_, space) => `${space}${[plan.execPath, ...inherit].map(quoted).join(' ')}`) : text_);
  for (const key of ['exec', 'execSync']) {
    const fn = real[key];
    stand(module, key, { [key](line, ...rest) { return apply(fn, this, [command(line), ...rest]); } }[key]);
  }
  withPromise(module.exec);
  const { fork } = real;
  stand(module, 'fork', function (file, args, options) {
    const hasArgs = isArgs(args);
    const given = hasArgs || args === undefined || args === null ? options : args;
    const o = { ...given };
    o.execPath = back(o.execPath ?? 'node');
    o.execArgv = [...inherit, ...(o.execArgv ?? plan.execArgv ?? [])];
    return apply(fork, this, [file, hasArgs ? args : [], o]);
  });
  void c;
  return module;
};
const quoted = (path) => (/^[\w/.+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

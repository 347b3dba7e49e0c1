// fs.Dir: the real one stays inside; every directory of a recursive walk is opened by psx.node again.

const core = use('facade/fs_core');
const args = use('facade/fs_args');
const real = host.real('fs');
const { join } = host.real('path');
const { codes } = host.internal('internal/errors');
const { READ, TARGET } = core;

const OPTIONS = ['encoding', 'bufferSize', 'recursive'];

class Dir {
  #s;

  constructor(c, path, options, dir) {
    this.#s = { c, options, dir, path, waiting: [], closed: false, busy: 0, at: path };
  }

  get path() {
    if (typeof this !== 'object' || this === null || !(#s in this)) throw new codes.ERR_INVALID_THIS('Dir');
    return this.#s.path;
  }

  read(callback) {
    const reading = readNext(this.#s);
    if (callback === undefined) return reading;
    args.callback(callback);
    reading.then((d) => core.nextTick(callback, null, d), (err) => core.nextTick(callback, err));
  }

  readSync() {
    const s = this.#s;
    check(s, true);
    for (;;) {
      const d = s.dir.readSync();
      if (d !== null) return adopt(s, d);
      if (s.waiting.length === 0) return null;
      s.dir.closeSync();
      s.at = s.waiting.shift();
      s.dir = core.runSync(openReal(s.c, s.at, s.options));
    }
  }

  close(callback) {
    const closing = closeDir(this.#s);
    if (callback === undefined) return closing;
    args.callback(callback);
    closing.then(() => core.nextTick(callback, null), (err) => core.nextTick(callback, err));
  }

  closeSync() {
    check(this.#s, true);
    this.#s.closed = true;
    this.#s.dir.closeSync();
  }

  async* entries() {
    try {
      for (let d = await this.read(); d !== null; d = await this.read()) yield d;
    } finally {
      if (!this.#s.closed) await this.close();
    }
  }

  [Symbol.dispose]() { if (!this.#s.closed) this.closeSync(); }
  async [Symbol.asyncDispose]() { if (!this.#s.closed) await this.close(); }
}
Object.defineProperty(Dir.prototype, Symbol.asyncIterator, { value: Dir.prototype.entries, writable: true, configurable: true });

function check(s, sync) {
  if (s.closed) throw new codes.ERR_DIR_CLOSED();
  if (sync && s.busy > 0) throw new codes.ERR_DIR_CONCURRENT_OPERATION();
}

function adopt(s, dirent) {
  dirent.parentPath = s.at;
  if (s.options.recursive && dirent.isDirectory()) s.waiting.push(join(s.at, `${dirent.name}`));
  return dirent;
}

async function readOnce(s) {
  check(s, false);
  for (;;) {
    const d = await s.dir.read();
    if (d !== null) return adopt(s, d);
    if (s.waiting.length === 0) return null;
    await s.dir.close();
    s.at = s.waiting.shift();
    s.dir = await core.runPromise(openReal(s.c, s.at, s.options));
  }
}

// one after the other, as Node queues them
function inTurn(s, step) {
  s.busy++;
  const turn = (s.last ?? Promise.resolve()).then(step).finally(() => { s.busy--; });
  s.last = turn.catch(() => {});
  return turn;
}

async function readNext(s) {
  check(s, false);
  return inTurn(s, () => readOnce(s));
}

async function closeDir(s) {
  check(s, false);
  return inTurn(s, async () => {
    check(s, false);
    s.closed = true;
    await s.dir.close();
  });
}

function* openReal(c, path, options) {
  const fd = core.at(c, path, READ, TARGET, 'opendir');
  try {
    return yield ['opendir', core.proc(fd), { encoding: options.encoding, bufferSize: options.bufferSize }];
  } catch (err) {
    throw core.relabel(err, path, undefined, 'opendir');
  } finally {
    core.shut(fd);
  }
}

exports.op = {
  args: (path, options) => {
    const o = args.options(options, OPTIONS, { encoding: 'utf8', bufferSize: 32 });
    args.validators.validateUint32(o.bufferSize, 'options.bufferSize', true);
    return [args.path(path), o];
  },
  *run(c, path, options) {
    return new Dir(c, path, options, yield* openReal(c, path, options));
  },
};

core.seal(Dir.prototype, 'Dir');

// fs.Dir is there for instanceof
exports.Dir = () => {
  function Dir_() { throw new codes.ERR_MISSING_ARGS('handle'); }
  Object.defineProperty(Dir_, 'name', { value: 'Dir' });
  Dir_.prototype = Dir.prototype;
  return Dir_;
};

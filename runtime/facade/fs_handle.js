// FileHandle: one descriptor of its package, handed on as an object. What a package does with a handle that it was given it
// does with the giver's descriptor and nothing else: the class is not reachable, and the prototype is frozen.

const core = use('facade/fs_core');
const fds = use('facade/fs_fd');
const args = use('facade/fs_args');
const { EventEmitter } = host.real('events');
const { Buffer } = host.real('buffer');
const createInterface = (options) => host.real('readline').createInterface(options);
const { isArrayBufferView } = host.real('util').types;
const { codes } = host.internal('internal/errors');
const { validators, utils } = args;
const { ReadableStream } = host.global;

let secrets; // handle -> its private state, for this file and fs_streams.js
exports.secrets = (value) => secrets(value);

const read = (bytesRead, buffer) => ({ __proto__: null, bytesRead, buffer });
const written = (bytesWritten, buffer) => ({ __proto__: null, bytesWritten, buffer });

const closed = (syscall) => Object.assign(new Error('file closed'), { code: 'EBADF', syscall });

// FileHandle.read(buffer, offset, length, position) and its two shapes with options
function readArgs(buffer, offset, length, position) {
  if (!isArrayBufferView(buffer)) {
    validators.validateObject(buffer, 'options', validators.kValidateObjectAllowNullable);
    ({ buffer = Buffer.alloc(16384), offset, length, position } = buffer ?? {});
  } else if (offset !== null && typeof offset === 'object') {
    ({ offset, length, position } = offset);
  }
  validators.validateBuffer(buffer);
  offset ??= 0;
  validators.validateInteger(offset, 'offset', 0);
  return [buffer, offset, length ?? buffer.byteLength - offset, position ?? null];
}

function isIterable(value) {
  if (typeof value !== 'object' || value === null || isArrayBufferView(value)) return false;
  return value[Symbol.asyncIterator] !== undefined || value[Symbol.iterator] !== undefined;
}

class FileHandle extends EventEmitter {
  #s;

  static {
    secrets = (value) => (typeof value === 'object' && value !== null && #s in value ? value.#s : undefined);
  }

  constructor(c, fd) {
    super();
    this.#s = { c, fd, refs: 1, closing: null, settle: null, locked: false, handle: this };
    const close = () => closeHandle(this.#s);
    Object.defineProperty(this, 'close', { value: close, writable: true, enumerable: true, configurable: true });
  }

  get fd() { return this.#s.fd; }
  getAsyncId() { return 0; }

  async #do(name, rest, shape, kind = 'stat') {
    const s = this.#s;
    if (s.fd === -1) throw closed(name);
    s.refs++;
    try {
      return await fds.promise(name, fds.mine(s.c, s.fd, kind, name), rest, shape);
    } finally {
      unref(s);
    }
  }

  async read(...a) { return this.#do('read', readArgs(...a), read); }
  async readv(buffers, position) {
    return this.#do('readv', [buffers, position ?? null], (bytesRead, b) => ({ __proto__: null, bytesRead, buffers: b }));
  }

  async write(buffer, offset, length, position) {
    if (isArrayBufferView(buffer)) {
      if (offset !== null && typeof offset === 'object') ({ offset, length, position } = offset);
      return this.#do('write', [buffer, offset ?? 0, length ?? undefined, position ?? null], written);
    }
    utils.validateStringAfterArrayBufferView(buffer, 'buffer');
    return this.#do('write', [buffer, typeof offset === 'number' ? offset : null, length], written);
  }

  async writev(buffers, position) {
    return this.#do('writev', [buffers, position ?? null], (bytesWritten, b) => ({ __proto__: null, bytesWritten, buffers: b }));
  }

  async readFile(options) { return this.#do('readFile', [args.options(options, ['encoding', 'signal', 'buffer'])]); }

  async writeFile(data, options) {
    const o = args.options(options, ['encoding', 'signal', 'flush'], { encoding: 'utf8' });
    if (!isIterable(data)) return this.#do('writeFile', [data, o]);
    for await (const part of data) {
      if (o.signal?.aborted) throw new (host.internal('internal/errors').AbortError)(undefined, { cause: o.signal.reason });
      await this.#do('writeFile', [isArrayBufferView(part) ? part : Buffer.from(part, o.encoding || 'utf8'), {}]);
    }
  }

  async appendFile(data, options) { return this.writeFile(data, options); }
  async stat(options) { return this.#do('fstat', [args.object(options, ['bigint', 'signal'])]); }
  async truncate(length = 0) { return this.#do('ftruncate', [length], undefined, 'change'); }
  async chmod(mode) { return this.#do('fchmod', [mode], undefined, 'change'); }
  async chown(uid, gid) { return this.#do('fchown', [uid, gid], undefined, 'change'); }
  async utimes(atime, mtime) { return this.#do('futimes', [atime, mtime], undefined, 'change'); }
  async sync() { return this.#do('fsync', []); }
  async datasync() { return this.#do('fdatasync', []); }

  readLines(options) { use('seal').builtin('readline'); return createInterface({ input: this.createReadStream(options), crlfDelay: Infinity }); }
  createReadStream(options) { return new (use('facade/fs_streams').make(this.#s.c).ReadStream)(undefined, { ...options, fd: this }); }
  createWriteStream(options) { return new (use('facade/fs_streams').make(this.#s.c).WriteStream)(undefined, { ...options, fd: this }); }

  readableWebStream(options = {}) {
    validators.validateObject(options, 'options');
    const autoClose = options.autoClose ?? false;
    validators.validateBoolean(autoClose, 'options.autoClose');
    return webStream(this.#s, autoClose, (view) => this.#do('read', readArgs(view, 0, view.byteLength, null), read));
  }

  async [Symbol.asyncDispose]() { await this.close(); }
}

function webStream(s, autoClose, readInto) {
  if (s.fd === -1) throw new codes.ERR_INVALID_STATE('The FileHandle is closed');
  if (s.closing) throw new codes.ERR_INVALID_STATE('The FileHandle is closing');
  if (s.locked) throw new codes.ERR_INVALID_STATE('The FileHandle is locked');
  s.locked = true;
  s.refs++;
  let open = true;
  const done = async () => {
    if (open) unref(s);
    open = false;
    if (autoClose) await closeHandle(s);
  };
  return new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: 16384,
    async pull(controller) {
      const { view } = controller.byobRequest;
      const { bytesRead } = await readInto(view);
      if (bytesRead === 0) {
        controller.close();
        await done();
      }
      controller.byobRequest.respond(bytesRead);
    },
    cancel: done,
  });
}

function unref(s) {
  if (--s.refs > 0) return;
  const { fd } = s;
  s.fd = -1;
  let failed;
  try {
    fds.close(s.c, fd);
  } catch (err) {
    failed = err;
  }
  if (failed) s.settle?.reject(failed);
  else s.settle?.resolve();
}

function closeHandle(s) {
  if (s.closing) return s.closing;
  if (s.fd === -1) return Promise.resolve();
  s.closing = new Promise((resolve, reject) => { s.settle = { resolve, reject }; }).finally(() => { s.closing = null; });
  unref(s);
  EventEmitter.prototype.emit.call(s.handle, 'close');
  return s.closing;
}

exports.ref = (s) => { s.refs++; };
exports.unref = unref;
exports.close = closeHandle;
exports.create = (c, fd) => new FileHandle(c, fd);

core.seal(FileHandle.prototype, 'FileHandle');

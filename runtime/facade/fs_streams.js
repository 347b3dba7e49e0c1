// fs.ReadStream and fs.WriteStream. Own classes on stream.Readable and Writable: path, descriptor and range are kept where
// nobody else reaches them, so that a stream that is handed to another package reads or writes its one file, and what that
// package assigns to `path`, `fd`, `flags` or `end` changes nothing. The prototypes are frozen and shared, the constructors
// are the package's own: callable with and without new, and to be subclassed or replaced (graceful-fs does both).

const core = use('facade/fs_core');
const fds = use('facade/fs_fd');
const args = use('facade/fs_args');
const handles = use('facade/fs_handle');
const { ops } = use('facade/fs_ops');
const real = host.real('fs');
const { Readable, Writable, finished } = host.real('stream');
const { Buffer } = host.real('buffer');
const { codes, AbortError } = host.internal('internal/errors');
const { errorOrDestroy } = host.internal('internal/streams/destroy');
const { validators } = args;

const kDone = Symbol('done');
const states = new WeakMap(); // stream -> { c, io, fd, path, flags, mode, pos, end, ... }

const COMMON = ['fd', 'fs', 'flags', 'mode', 'encoding', 'start', 'end', 'autoClose', 'emitClose', 'highWaterMark', 'signal', 'flush',
  'objectMode', 'autoDestroy', 'defaultEncoding', 'windowsHandle', 'decodeStrings', 'captureRejections'];

// ---- what a stream may do: exactly these five

function ownIo(c) {
  return {
    open(s, done) { core.runAsync(ops.open.run(c, s.path, s.flags, s.mode), done); },
    read: (fd, ...rest) => perform(c, 'read', fd, rest),
    write: (fd, ...rest) => perform(c, 'write', fd, rest),
    writev: (fd, ...rest) => perform(c, 'writev', fd, rest),
    fsync: (fd, done) => perform(c, 'fsync', fd, [done]),
    close(fd, done) {
      let failed = null;
      try {
        fds.close(c, fd);
      } catch (err) {
        failed = err;
      }
      core.nextTick(done, failed);
    },
  };
}

const KIND = { __proto__: null, read: 'read', write: 'write', writev: 'write', fsync: 'write' };
function perform(c, name, fd, rest) {
  const done = rest.pop();
  fds.call(name, fds.mine(c, fd, KIND[name], name), rest, done);
}

function handleIo(handle) {
  const s = handles.secrets(handle);
  const io = ownIo(s.c);
  io.close = (fd, done) => {
    handles.unref(s);
    handles.close(s).then(() => done(null), done);
  };
  return io;
}

// options.fs: the caller's own functions
function guestIo(fs, needed, flush) {
  const io = {};
  for (const name of ['open', 'close', 'read', 'write', 'writev', 'fsync']) {
    const fn = fs[name];
    if (fn === undefined || fn === null) continue;
    validators.validateFunction(fn, `options.fs.${name}`);
    io[name] = (...a) => Reflect.apply(fn, fs, a);
  }
  for (const name of flush ? [...needed, 'fsync'] : needed) validators.validateFunction(io[name], `options.fs.${name}`);
  const { open } = io;
  if (open) io.open = (s, done) => core.nextTick(open, s.path, s.flags, s.mode, done);
  return io;
}

function chooseIo(c, s, o, needed) {
  if (o.windowsHandle != null) throw new codes.ERR_FEATURE_UNAVAILABLE_ON_PLATFORM('windowsHandle');
  const custom = o.fs && typeof o.fs === 'object' || typeof o.fs === 'function' ? o.fs : undefined;
  if (o.fd == null) {
    s.io = custom ? guestIo(custom, ['open', ...needed], o.flush) : ownIo(c);
    return;
  }
  if (typeof o.fd === 'number') {
    s.io = custom ? guestIo(custom, needed, o.flush) : ownIo(c);
    s.fd = args.utils.getValidatedFd(o.fd);
    return;
  }
  const secret = handles.secrets(o.fd);
  if (!secret) throw new codes.ERR_INVALID_ARG_TYPE('options.fd', ['number', 'FileHandle'], o.fd);
  if (custom) throw new codes.ERR_METHOD_NOT_IMPLEMENTED('FileHandle with fs');
  s.io = handleIo(o.fd);
  s.fd = secret.fd;
  handles.ref(secret);
  s.handle = o.fd;
}

// ---- construction

function setUp(stream, c, path, options, flags, needed) {
  const o = args.options(options, COMMON);
  const s = { c, io: null, fd: null, path: undefined, flags: 0, mode: 0o666, pos: undefined, end: Infinity, busy: false, bytes: 0, flush: false, handle: null };
  if (o.autoClose !== false) needed = [...needed, 'close'];
  chooseIo(c, s, o, needed);
  stream.fd = s.fd;
  if (s.fd === null) {
    s.path = args.path(path);
    stream.path = s.path;
    stream.flags = o.flags === undefined ? flags : o.flags;
    stream.mode = o.mode === undefined ? 0o666 : o.mode;
    s.flags = args.flags(stream.flags, 'flags', flags);
    s.mode = args.mode(stream.mode, 'mode', 0o666);
  }
  if (o.start !== undefined) {
    validators.validateInteger(o.start, 'start', 0);
    s.pos = o.start;
  }
  // a subclass with its own open(): decided now, before anybody else can have put one there
  s.open = s.fd === null && typeof stream.open === 'function' ? stream.open : null;
  s.born = fds.serial();
  states.set(stream, s);
  return [o, s];
}

const streamOptions = (o, more) => {
  const out = { autoDestroy: o.autoClose === undefined ? true : o.autoClose };
  for (const name of ['encoding', 'emitClose', 'highWaterMark', 'signal', 'objectMode', 'defaultEncoding', 'captureRejections']) {
    if (o[name] !== undefined) out[name] = o[name];
  }
  return Object.assign(out, more);
};

function follow(stream, s) {
  if (s.handle) s.handle.on('close', () => stream.close());
}

function construct(callback) {
  const s = states.get(this);
  if (typeof s.fd === 'number') return callback();
  if (s.open) return constructByOpen(this, s, callback);
  s.io.open(s, (err, fd) => {
    if (err) return callback(err);
    s.fd = fd;
    this.fd = fd;
    callback();
    this.emit('open', fd);
    this.emit('ready');
  });
}

// graceful-fs and friends: open() sets `fd` and emits 'open'. Only a descriptor that was opened for this stream's path since
// the stream was made, and that no other stream has, is accepted: `fd` can be assigned by whoever holds the stream.
function constructByOpen(stream, s, callback) {
  const emit = stream.emit;
  stream.emit = function (...values) {
    if (values[0] !== 'open' && values[0] !== 'error') return Reflect.apply(emit, this, values);
    stream.emit = emit;
    if (values[0] === 'error') return callback(values[1]);
    const record = fds.record(stream.fd);
    if (!record || record.pinned || record.serial <= s.born || record.path !== s.path) return callback(core.system(-9, 'open', s.path));
    record.pinned = true;
    s.fd = stream.fd;
    callback();
    return Reflect.apply(emit, this, values);
  };
  Reflect.apply(s.open, stream, []);
}

function closeStream(stream, s, err, done) {
  if (s.fd === null) return done(err);
  const finish = (failed) => {
    const { fd } = s;
    s.fd = null;
    stream.fd = null;
    s.io.close(fd, (er) => done(er || failed));
  };
  if (s.flush) s.io.fsync(s.fd, (failed) => finish(err || failed));
  else finish(err);
}

function destroy(err, done) {
  const s = states.get(this);
  if (!s) return done(err);
  if (s.busy) this.once(kDone, (er) => closeStream(this, s, err || er, done));
  else closeStream(this, s, err, done);
}

// ---- reading

function readSome(n) {
  const s = states.get(this);
  n = Math.min(s.pos !== undefined ? s.end - s.pos + 1 : s.end - s.bytes + 1, n);
  if (n <= 0) return this.push(null);
  s.busy = true;
  s.io.read(s.fd, Buffer.allocUnsafeSlow(n), 0, n, s.pos, (err, count, buffer) => {
    s.busy = false;
    if (this.destroyed) return this.emit(kDone, err);
    if (err) return errorOrDestroy(this, err);
    if (count <= 0) return this.push(null);
    if (s.pos !== undefined) this.pos = s.pos += count;
    this.bytesRead = s.bytes += count;
    if (count === buffer.length) return this.push(buffer);
    const exact = Buffer.allocUnsafeSlow(count);
    buffer.copy(exact, 0, 0, count);
    this.push(exact);
  });
}

function readRange(stream, s, o) {
  stream.start = o.start;
  stream.end = o.end === undefined ? Infinity : o.end;
  stream.pos = s.pos;
  stream.bytesRead = 0;
  if (stream.end !== Infinity) {
    validators.validateInteger(stream.end, 'end', 0);
    if (o.start !== undefined && o.start > stream.end) throw new codes.ERR_OUT_OF_RANGE('start', `<= "end" (here: ${stream.end})`, o.start);
  }
  s.end = stream.end;
}

// ---- writing

function writeAll(stream, s, data, size, pos, done, retries = 0) {
  s.io.write(s.fd, data, 0, size, pos, (err, count) => {
    if (err?.code === 'EAGAIN') [err, count] = [null, 0];
    if (stream.destroyed || err) return done(err || new codes.ERR_STREAM_DESTROYED('write'));
    stream.bytesWritten += count;
    retries = count ? 0 : retries + 1;
    size -= count;
    if (retries > 5) done(new codes.ERR_SYSTEM_ERROR('write failed'));
    else if (size) writeAll(stream, s, data.subarray(count), size, pos === undefined ? pos : pos + count, done, retries);
    else done();
  });
}

function finishWrite(stream, s, done) {
  s.busy = true;
  return (err) => {
    s.busy = false;
    done(err);
    if (stream.destroyed) stream.emit(kDone, err);
  };
}

function advancePos(stream, s, size) {
  const { pos } = s;
  if (pos !== undefined) stream.pos = s.pos = pos + size;
  return pos;
}

function writeChunk(data, encoding, done) {
  const s = states.get(this);
  const finish = finishWrite(this, s, done);
  writeAll(this, s, data, data.length, advancePos(this, s, data.length), finish);
}

function writeChunks(list, done) {
  const s = states.get(this);
  const finish = finishWrite(this, s, done);
  const chunks = list.map((item) => item.chunk);
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const pos = advancePos(this, s, size);
  if (!s.io.writev) return writeAll(this, s, Buffer.concat(chunks), size, pos, finish);
  s.io.writev(s.fd, chunks, pos, (err, count) => {
    if (err?.code === 'EAGAIN') [err, count] = [null, 0];
    if (this.destroyed || err) return finish(err || new codes.ERR_STREAM_DESTROYED('writev'));
    this.bytesWritten += count;
    if (count === size) return finish();
    const rest = Buffer.concat(chunks).subarray(count);
    writeAll(this, s, rest, rest.length, pos === undefined ? pos : pos + count, finish);
  });
}

// ---- the shared prototypes

const method = (value) => ({ value, writable: true, configurable: true });
const shared = {
  _construct: method(construct),
  _destroy: method(destroy),
  pending: { get() { return this.fd === null; }, set: undefined, configurable: false },
};
const autoClose = (state) => ({
  get() { return this[state]?.autoDestroy; },
  set(value) { this[state].autoDestroy = value; },
  configurable: false,
});

const readProto = Object.create(Readable.prototype, {
  ...shared,
  constructor: method(undefined),
  autoClose: autoClose('_readableState'),
  _read: method(readSome),
  close: method(function close(callback) {
    if (typeof callback === 'function') finished(this, callback);
    this.destroy();
  }),
});

function closeWriter(callback) {
  if (callback) {
    if (this.closed) return void core.nextTick(callback);
    this.on('close', callback);
  }
  if (!this.autoClose) this.on('finish', this.destroy);
  this.end();
}

const writeProto = Object.create(Writable.prototype, {
  ...shared,
  constructor: method(undefined),
  autoClose: autoClose('_writableState'),
  _write: method(writeChunk),
  _writev: method(writeChunks),
  close: method(closeWriter),
  destroySoon: method(Writable.prototype.end),
});

core.seal(readProto, 'ReadStream');
core.seal(writeProto, 'WriteStream');
const isRead = Object.prototype.isPrototypeOf.bind(readProto);
const isWrite = Object.prototype.isPrototypeOf.bind(writeProto);

// ---- one pair of constructors per package

const made = new WeakMap();

exports.make = (c) => {
  let pair = made.get(c);
  if (!pair) made.set(c, pair = constructors(c));
  return pair;
};

function constructors(c) {
  function ReadStream(path, options) {
    if (!isRead(this)) return new ReadStream(path, options);
    const [o, s] = setUp(this, c, path, options, 'r', ['read']);
    readRange(this, s, o);
    Reflect.apply(Readable, this, [streamOptions(o, { highWaterMark: o.highWaterMark ?? 64 * 1024 })]);
    follow(this, s);
  }

  function WriteStream(path, options) {
    if (!isWrite(this)) return new WriteStream(path, options);
    const [o, s] = setUp(this, c, path, options, 'w', []);
    if (!s.io.write && !s.io.writev) throw new codes.ERR_INVALID_ARG_TYPE('options.fs.write', 'function', undefined);
    if (o.flush != null) validators.validateBoolean(o.flush, 'options.flush');
    this.flush = s.flush = o.flush ?? false;
    this.start = o.start;
    this.pos = s.pos;
    this.bytesWritten = 0;
    if (!s.io.write) this._write = null;
    if (!s.io.writev) this._writev = null;
    Reflect.apply(Writable, this, [streamOptions(o, { decodeStrings: true })]);
    if (o.encoding) this.setDefaultEncoding(o.encoding);
    follow(this, s);
  }

  for (const [ctor, proto, parent] of [[ReadStream, readProto, Readable], [WriteStream, writeProto, Writable]]) {
    ctor.prototype = proto;
    Object.setPrototypeOf(ctor, parent);
  }
  return { ReadStream, WriteStream };
}

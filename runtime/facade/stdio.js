// process.stdin, stdout and stderr of a package: streams of our own in front of the real ones, which stay unreachable. Output is handed on in
// the same turn, never kept back: what was written before process.exit() is out, and packages and the application interleave as under node.

const { denied, inert, may } = use('deny');
const { apply, defineProperty } = Reflect;
const { process: realProcess } = host.global;

const NAMES = ['stdin', 'stdout', 'stderr'];

// 'TTY', 'FILE', 'PIPE', 'TCP', 'UNKNOWN' without opening a stream
const kinds = [];
const kindOf = (fd) => (kinds[fd] ??= host.thread !== undefined ? 'PIPE' : host.internal('internal/util').guessHandleType(fd));
exports.isatty = (fd) => Number.isInteger(fd) && fd >= 0 && fd <= 2 && kindOf(fd) === 'TTY';

const typeOf = (fd) => ({ TTY: 'tty', FILE: 'fs', PIPE: 'pipe', TCP: 'pipe' })[kindOf(fd)];

// The methods that tty.WriteStream has and other streams have not. They write escape sequences to `this`, or read `this`.
const terminalMethods = (c) => {
  const { getColorDepth, hasColors } = host.real('tty').WriteStream.prototype;
  const { clearLine, clearScreenDown, cursorTo, moveCursor } = host.real('readline');
  const envOf = (env) => (env !== undefined ? env : use('facade/process').make(c).env);
  return {
    getColorDepth(env = undefined) { return apply(getColorDepth, this, [envOf(env)]); },
    hasColors(count = 16, env = undefined) {
      return typeof count === 'object' && count !== null ? apply(hasColors, this, [count]) : apply(hasColors, this, [count, envOf(env)]);
    },
    getWindowSize() { return [this.columns, this.rows]; },
    clearLine(dir, callback) { return clearLine(this, dir, callback); },
    clearScreenDown(callback) { return clearScreenDown(this, callback); },
    cursorTo(x, y, callback) { return cursorTo(this, x, y, callback); },
    moveCursor(dx, dy, callback) { return moveCursor(this, dx, dy, callback); },
  };
};

let Writer;
const makeWriter = () => {
  const { Writable } = host.real('stream');
  const { write: superWrite, on: superOn } = Writable.prototype;
  Writer = class WriteStream extends Writable {
    #c; #fd; #refused = false; #waits = false;
    static make(c, fd) {
      const w = new Writer({ decodeStrings: false, emitClose: false });
      use('facade/settings').outputs.add(w);
      w.#c = c;
      w.#fd = fd;
      w.fd = fd;
      w._type = typeOf(fd);
      w._isStdio = true;
      if (kindOf(fd) === 'TTY') {
        w.isTTY = true;
        const real = () => realProcess[NAMES[fd]];
        for (const key of ['columns', 'rows']) defineProperty(w, key, { get: () => real()[key], enumerable: true, configurable: true });
        const methods = terminalMethods(c);
        for (const key of Object.keys(methods)) defineProperty(w, key, { value: methods[key], writable: true, configurable: true });
      }
      return w;
    }
    write(chunk, encoding, callback) {
      const name = NAMES[this.#fd];
      if (this.#refused || !may(this.#c, 'stdio', name)) return this.#refuse(name, typeof encoding === 'function' ? encoding : callback);
      const ok = apply(superWrite, this, [chunk, encoding, callback]);
      const real = realProcess[name];
      if (ok && !real.writableNeedDrain) return ok;
      if (!this.#waits) {
        this.#waits = true;
        real.once('drain', () => { this.#waits = false; this.emit('drain'); });
      }
      return false;
    }
    // Without the grant nothing is written, the callback and 'error' listeners are told, and the exit summary says so once. A package that logs
    // is not worth a crash.
    #refuse(name, callback) {
      const error = denied(this.#c, 'stdio', name);
      this.#refused = true;
      if (typeof callback === 'function') realProcess.nextTick(callback, error);
      if (this.listenerCount('error') > 0) realProcess.nextTick(() => { if (this.listenerCount('error') > 0) this.emit('error', error); });
      return true;
    }
    // Handed on at once and called back at once: this stream never holds data of its own.
    _write(chunk, encoding, callback) {
      realProcess[NAMES[this.#fd]].write(chunk, encoding === 'buffer' ? undefined : encoding);
      callback();
    }
    // As node's: neither end() nor destroy() is the end, and what is written later is out. A refusal is told to who listens; a pipe makes it an error
    // that nobody listens to.
    _destroy(error, callback) {
      callback(this.#refused ? null : error);
      this._undestroy();
      realProcess.nextTick(() => { this.emit('close'); });
    }
    on(event, listener) {
      if (event === 'resize' && kindOf(this.#fd) === 'TTY' && this.listenerCount('resize') === 0) realProcess[NAMES[this.#fd]].on('resize', () => { this.emit('resize'); });
      return apply(superOn, this, [event, listener]);
    }
  };
  seal(Writer, 'WriteStream');
};

let Reader;
const makeReader = () => {
  const { Readable } = host.real('stream');
  Reader = class ReadStream extends Readable {
    #c; #started = false;
    static make(c) {
      const r = new Reader({ highWaterMark: 65536, autoDestroy: false });
      r.#c = c;
      r.fd = 0;
      if (kindOf(0) === 'TTY') { r.isTTY = true; r.isRaw = false; }
      return r;
    }
    #ask() { if (!may(this.#c, 'stdio', 'stdin')) throw denied(this.#c, 'stdio', 'stdin'); }
    _read() {
      const real = realProcess.stdin;
      if (!this.#started) {
        try { this.#ask(); } catch (error) { this.destroy(error); return; }
        this.#started = true;
        real.on('data', (chunk) => { if (!this.push(chunk)) real.pause(); });
        real.on('end', () => { this.push(null); });
        real.on('error', (error) => { this.destroy(error); });
      }
      real.resume();
    }
    pause() {
      if (this.#started) realProcess.stdin.pause();
      return apply(Readable.prototype.pause, this, []);
    }
    setRawMode(mode) {
      this.#ask();
      realProcess.stdin.setRawMode?.(!!mode);
      this.isRaw = !!mode;
      return this;
    }
    ref() { if (this.#started) realProcess.stdin.ref?.(); return this; }
    unref() { if (this.#started) realProcess.stdin.unref?.(); return this; }
    _destroy(error, callback) {
      if (this.#started) realProcess.stdin.pause();
      callback(error);
    }
  };
  seal(Reader, 'ReadStream');
};

// `new stream.constructor()` makes nothing, and no package can change the methods that another one's stdout has.
// What wraps its own stdout by assigning to it (jest) finds the methods assignable.
const seal = (K, name) => {
  const { overrideAccessor, freezeFunction } = use('harden');
  for (const key of Object.getOwnPropertyNames(K.prototype)) {
    const { value } = Object.getOwnPropertyDescriptor(K.prototype, key);
    if (typeof value === 'function' && key !== 'constructor') defineProperty(K.prototype, key, { ...overrideAccessor(K.prototype, key, freezeFunction(value)), enumerable: false, configurable: true });
  }
  defineProperty(K.prototype, 'constructor', { value: inert(name, K.prototype), writable: true, configurable: true });
  use('seal').own(K);
};

exports.output = (c, fd) => {
  use('seal').builtin('stream');
  if (Writer === undefined) makeWriter();
  return Writer.make(c, fd);
};
exports.input = (c) => {
  use('seal').builtin('stream');
  if (Reader === undefined) makeReader();
  return Reader.make(c);
};

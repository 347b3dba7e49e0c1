// domain, which old packages load (aws-sdk 2). Node's own patches every emitter of the process on load; this one reports the errors of what runs
// inside run(), bind() and intercept(), and of emitters that were added, and follows its own calls only: an error in a timer is the program's.

const { inert } = use('deny');
const { apply, defineProperty } = Reflect;

const build = () => {
  const EventEmitter = use('facade/events').EventEmitter;
  const { AsyncLocalStorage } = host.real('async_hooks');
  const current = new AsyncLocalStorage();
  const entered = [];
  const active = () => entered.at(-1) ?? current.getStore() ?? null;

  class Domain extends EventEmitter {
    #forwards = new Map();
    constructor() { super(); this.members = []; }
    _errorHandler(error) { return this.#report(error); }
    #report(error) {
      if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
        try { defineProperty(error, 'domain', { value: this, writable: true, enumerable: false, configurable: true }); error.domainThrown ??= true; } catch { /* it was frozen */ }
      }
      if (this.listenerCount('error') === 0) throw error;
      return this.emit('error', error);
    }
    enter() { entered.push(this); }
    exit() { const at = entered.lastIndexOf(this); if (at >= 0) entered.length = at; }
    add(emitter) {
      if (this.#forwards.has(emitter)) return;
      emitter.domain?.remove?.(emitter);
      const forward = (error) => { this.#report(error); };
      this.#forwards.set(emitter, forward);
      defineProperty(emitter, 'domain', { value: this, writable: true, enumerable: false, configurable: true });
      this.members.push(emitter);
      emitter.on?.('error', forward);
    }
    remove(emitter) {
      const forward = this.#forwards.get(emitter);
      if (forward === undefined) return;
      this.#forwards.delete(emitter);
      emitter.domain = null;
      this.members = this.members.filter((m) => m !== emitter);
      emitter.removeListener?.('error', forward);
    }
    run(fn, ...args) { return this.#guarded(fn, undefined, args); }
    bind(callback) {
      const d = this;
      const bound = function (...args) { return d.#guarded(callback, this, args); };
      defineProperty(bound, 'domain', { value: this, writable: true, enumerable: true, configurable: true });
      return bound;
    }
    intercept(callback) {
      const d = this;
      return function (error, ...args) {
        if (error instanceof Error) { error.domainThrown = false; d.#report(error); return undefined; }
        return d.#guarded(callback, this, args);
      };
    }
    #guarded(fn, self, args) {
      this.enter();
      try { return current.run(this, () => apply(fn, self, args)); } catch (error) { this.#report(error); return undefined; } finally { this.exit(); }
    }
  }
  defineProperty(Domain.prototype, 'constructor', { value: inert('Domain', Domain.prototype), writable: true, configurable: true });
  const create = () => new Domain();
  const own = { _stack: entered, Domain, createDomain: create, create };
  defineProperty(own, 'active', { get: active, set() {}, enumerable: true, configurable: true });
  return own;
};

const made = new WeakMap();
exports.make = (c) => {
  use('seal').builtin('async_hooks');
  let own = made.get(c);
  if (own === undefined) made.set(c, own = build());
  return own;
};
exports.ambient = exports.make;

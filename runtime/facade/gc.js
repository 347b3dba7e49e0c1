// Watching the garbage collector is a clock and a channel between packages, so it needs `gc`. Without it both classes still work, as the
// language allows: a WeakRef may hold its target for ever, a FinalizationRegistry may never call back.

const { holds, may } = use('deny');
const { WeakRef: RealWeakRef, FinalizationRegistry: RealRegistry } = host.global;

const canBeHeldWeakly = (v) => typeof v === 'function' || (typeof v === 'object' && v !== null) || (typeof v === 'symbol' && Symbol.keyFor(v) === undefined);

class WeakRef {
  #target;
  constructor(target) {
    if (!canBeHeldWeakly(target)) throw new TypeError('WeakRef: invalid target');
    this.#target = target;
  }
  deref() { return this.#target; }
  get [Symbol.toStringTag]() { return 'WeakRef'; }
}
class FinalizationRegistry {
  constructor(cleanup) {
    if (typeof cleanup !== 'function') throw new TypeError('FinalizationRegistry: cleanup must be callable');
  }
  register(target, held) {
    if (!canBeHeldWeakly(target)) throw new TypeError('FinalizationRegistry.prototype.register: invalid target');
    if (target === held) throw new TypeError('FinalizationRegistry.prototype.register: target and holdings must not be same');
  }
  unregister(token) {
    if (!canBeHeldWeakly(token)) throw new TypeError('Invalid unregisterToken');
    return false;
  }
  get [Symbol.toStringTag]() { return 'FinalizationRegistry'; }
}
const blind = Object.freeze({ WeakRef, FinalizationRegistry });
const real = Object.freeze({ WeakRef: RealWeakRef, FinalizationRegistry: RealRegistry });

// At boot. A granted package's WeakRef must not lead a package without to the real class.
exports.tame = () => {
  for (const [Real, Blind] of [[RealWeakRef, WeakRef], [RealRegistry, FinalizationRegistry]])
    Reflect.defineProperty(Real.prototype, 'constructor', { value: Blind, writable: true, enumerable: false, configurable: true });
  for (const K of [WeakRef, FinalizationRegistry, RealWeakRef, RealRegistry]) use('seal').own(K);
  return blind;
};
exports.gcFor = (c) => (c.ambient || (host.plan.mode !== 'learn' && holds(c, 'gc') && may(c, 'gc')) ? real : blind);

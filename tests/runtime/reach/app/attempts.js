'use strict';
// Tries to change an object, and puts back what it changed. Runs in a package that holds nothing.

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, set, setPrototypeOf } = Reflect;
const attempt = (f) => { try { return f() === true; } catch { return false; } };
const same = (a, b) => a !== undefined && b !== undefined && Object.is(a.value, b.value) && a.get === b.get && a.set === b.set && a.enumerable === b.enumerable;

const brands = [
  [Map, 'a map', (o) => { const k = {}; apply(Map.prototype.set, o, [k, 1]); return apply(Map.prototype.delete, o, [k]); }],
  [Set, 'a set', (o) => { const k = {}; apply(Set.prototype.add, o, [k]); return apply(Set.prototype.delete, o, [k]); }],
  [WeakMap, 'a weak map', (o) => { const k = {}; apply(WeakMap.prototype.set, o, [k, 1]); return apply(WeakMap.prototype.delete, o, [k]); }],
  [WeakSet, 'a weak set', (o) => { const k = {}; apply(WeakSet.prototype.add, o, [k]); return apply(WeakSet.prototype.delete, o, [k]); }],
  [Date, 'a date', (o) => { const t = apply(Date.prototype.getTime, o, []); return apply(Date.prototype.setTime, o, [t]) === t || t !== t; }],
  [ArrayBuffer, 'bytes', (o) => apply(getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get, o, []) > 0],
  [SharedArrayBuffer, 'shared bytes', (o) => apply(getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength').get, o, []) > 0],
  [URLSearchParams, 'parameters', (o) => { const p = URLSearchParams.prototype; apply(p.append, o, ['__reach', '']); const there = apply(p.has, o, ['__reach']); apply(p.delete, o, ['__reach']); return there; }],
  [Headers, 'headers', (o) => { const p = Headers.prototype; apply(p.append, o, ['x-reach', '1']); const there = apply(p.has, o, ['x-reach']); apply(p.delete, o, ['x-reach']); return there; }],
  [AbortController, 'a controller', (o) => apply(getOwnPropertyDescriptor(AbortController.prototype, 'signal').get, o, []) !== undefined],
];
const typed = getPrototypeOf(Uint8Array.prototype);
const EventTargetOf = typeof EventTarget === 'function' ? EventTarget : undefined;

// -> what could be changed about o, in words
module.exports = (o) => {
  const bad = [];
  if (attempt(() => { defineProperty(o, '__reach', { value: 1, configurable: true }); const there = Object.hasOwn(o, '__reach'); deleteProperty(o, '__reach'); return there; })) bad.push('takes properties');
  const p = getPrototypeOf(o);
  if (attempt(() => { const took = setPrototypeOf(o, p === null ? Object.prototype : null); setPrototypeOf(o, p); return took; })) bad.push('takes a prototype');
  for (const key of ownKeys(o)) {
    const d = getOwnPropertyDescriptor(o, key);
    if (d === undefined) continue;
    if (d.set !== undefined && d.get !== undefined) {
      let before;
      try { before = o[key]; } catch { continue; }
      const changed = attempt(() => {
        const probe = typeof before === 'number' ? before + 1 : typeof before === 'boolean' ? !before : typeof before === 'string' ? `${before}x` : before === undefined ? undefined : {};
        if (probe === undefined) return false;
        set(o, key, probe, o);
        const now = o[key];
        if (Object.is(now, before)) return false;
        set(o, key, before, o);
        return true;
      });
      if (changed) bad.push(`${String(key)}: a setter changes it`);
    }
    if (!d.configurable && (d.writable === false || d.set !== undefined || d.get !== undefined)) continue;
    const changed = attempt(() => {
      defineProperty(o, key, 'value' in d ? { value: '__reach' } : { get: undefined, set: undefined });
      const other = !same(getOwnPropertyDescriptor(o, key), d);
      defineProperty(o, key, d);
      return other;
    });
    if (changed) bad.push(`${String(key)}: redefined`);
    else if ('value' in d && attempt(() => { set(o, key, '__reach'); const other = !same(getOwnPropertyDescriptor(o, key), d); set(o, key, d.value); return other; })) bad.push(`${String(key)}: assigned`);
  }
  if (typeof o === 'object') {
    for (const [C, what, change] of brands) if (o !== C.prototype && attempt(() => change(o))) bad.push(`is ${what}`);
    if (ArrayBuffer.isView(o) && attempt(() => apply(getOwnPropertyDescriptor(typed, 'byteLength').get, o, []) > 0)) bad.push('shows bytes');
    if (EventTargetOf !== undefined && attempt(() => {
      let heard = false;
      const f = () => { heard = true; };
      apply(EventTargetOf.prototype.addEventListener, o, ['__reach', f]);
      apply(EventTargetOf.prototype.dispatchEvent, o, [new Event('__reach')]);
      apply(EventTargetOf.prototype.removeEventListener, o, ['__reach', f]);
      return heard;
    })) bad.push('takes listeners');
  }
  return bad;
};

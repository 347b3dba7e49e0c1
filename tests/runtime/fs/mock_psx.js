'use strict';
// A stand-in for psx.node's file functions: prefix checks on real paths, good enough to test the shapes. Used only where the
// addon was not built; the attack tests say so.
const fs = require('fs');
const path = require('path');
const caps = { 'fs.read': 1, 'fs.write': 2, stdio: 3 };

exports.make = (packages) => {
  const owner = new Map();
  const list = (id, cap) => packages[id]?.[Object.keys(caps).find((k) => caps[k] === cap)] ?? [];
  const within = (dir, p) => p === dir || dir === '/' || p.startsWith(`${dir}/`);
  const allows = (id, cap, value) => (cap === caps.stdio ? list(id, cap).includes(value) : list(id, cap).some((d) => within(d, path.resolve(value))));
  const both = (id, need, value) => (!(need & 1) || allows(id, 1, value)) && (!(need & 2) || allows(id, 2, value));
  const real = (p) => { try { return fs.realpathSync.native(p); } catch { return null; } };
  function inside(id, need, p, how) {
    if (/^\/(proc|sys)(\/|$)/.test(p)) return false;
    if (how === 0) {
      const target = real(p);
      if (target) return both(id, need, target) && !/^\/proc/.test(target);
      try { if (fs.lstatSync(p).isSymbolicLink()) return false; } catch { /* it is new */ }
    }
    const parent = real(path.dirname(p));
    return parent === null || both(id, need, path.join(parent, path.basename(p)));
  }
  const attempt = (step) => { try { return step(); } catch (err) { return err.errno; } };
  const O_PATH = 0o10000000;
  const psx = {
    cap: caps,
    decide: (id, cap, value) => allows(id, cap, value),
    peek: (id, cap, value) => allows(id, cap, value),
    holds: (id, cap) => list(id, cap).length > 0,
    values: (id, cap) => list(id, cap),
    reason: (id, cap, value) => `p${id} may not ${Object.keys(caps).find((k) => caps[k] === cap)} ${value}`,
    label: (id) => `p${id}@1.0.0`,
    fsOpen(id, p, flags, mode) {
      const access = flags & 3;
      const need = (access === 1 ? 0 : 1) | (access || flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_APPEND) ? 2 : 0);
      const full = path.resolve(p);
      if (!both(id, need, full) || !inside(id, need, full, 0)) return -13;
      const fd = attempt(() => fs.openSync(full + (p.endsWith('/') ? '/' : ''), flags, mode));
      if (fd >= 0) owner.set(fd, id);
      return fd;
    },
    fsAt(id, p, need, how) {
      const full = path.resolve(p);
      if (!both(id, need, full) || !inside(id, need, full, how)) return -13;
      if (how >= 2) return attempt(() => fs.openSync(path.dirname(full), O_PATH));
      return attempt(() => fs.openSync(full + (p.endsWith('/') ? '/' : ''), O_PATH | (how === 1 ? fs.constants.O_NOFOLLOW : 0)));
    },
    fsOwns: (id, fd) => owner.get(fd) === id,
    fsClose(fd) {
      owner.delete(fd);
      return attempt(() => { fs.closeSync(fd); return 0; });
    },
  };
  return psx;
};

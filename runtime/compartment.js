// Which package does a file belong to? One compartment per package directory, made on first use.

const { psx, plan } = host;

const projectPrefix = plan.project === '/' ? '/' : `${plan.project}/`;
const listedRoots = (plan.lock ? plan.lock.packages : []).map(([location]) => location)
  .filter((l) => l !== '' && !l.includes('node_modules/'))
  .map((l) => normalise(l.startsWith('/') ? l : `${plan.project}/${l}`))
  .sort((a, b) => b.length - a.length);

function normalise(path) {
  const out = [];
  for (const part of path.split('/')) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return `/${out.join('/')}`;
}
const dirname = (path) => path.slice(0, Math.max(path.lastIndexOf('/'), 1));

// Rules for single files ("resources" and "scopes"). Without them nothing is asked.
const listed = psx.hasManifest();

// -- package.json, read once. Under a manifest it is a resource where it says what code means, and none where nothing but the package's name is taken from it.
const manifests = new Map();
const identities = listed ? new Map() : manifests;
const manifest = (dir) => described(dir, manifests, false);
const identity = (dir) => described(dir, identities, listed);
function described(dir, known, isIdentity) {
  let m = known.get(dir);
  if (m !== undefined) return m;
  m = null;
  const text = psx.text(dir, `${dir}/package.json`, isIdentity);
  if (text !== null) {
    try { m = JSON.parse(text.charCodeAt(0) === 0xFEFF ? text.slice(1) : text); } catch (e) {
      throw Object.assign(new Error(`Invalid package config ${dir}/package.json: ${e.message}`), { code: 'ERR_INVALID_PACKAGE_CONFIG' });
    }
    if (m === null || typeof m !== 'object') m = null;
  }
  known.set(dir, m);
  return m;
}

// The nearest package.json, which says what `type`, `imports` and self-references mean: not an identity.
const scopes = new Map();
function scopeOf(dir) {
  let s = scopes.get(dir);
  if (s !== undefined) return s;
  const m = manifest(dir);
  s = m !== null ? { dir, manifest: m } : dir === '/' || dir.endsWith('/node_modules') ? null : scopeOf(dirname(dir));
  scopes.set(dir, s);
  return s;
}

// Without a lockfile a directory with a named package.json is a package; with one, only what the lockfile lists.
function namedAbove(dir) {
  for (let d = dir; d !== '/' && d !== plan.project; d = dirname(d)) if (typeof identity(d)?.name === 'string') return d;
  return undefined;
}
function rootWithin(dir) {
  const listed = listedRoots.find((r) => dir === r || dir.startsWith(`${r}/`));
  if (listed !== undefined) return listed;
  const inside = dir === plan.project || dir.startsWith(projectPrefix);
  if (inside && plan.lock) return plan.project;
  return namedAbove(dir) ?? (inside ? plan.project : dir);
}

const roots = new Map();
// file: real, absolute
function rootOf(file) {
  const dir = dirname(file);
  let root = roots.get(dir);
  if (root === undefined) {
    const at = `${dir}/`.lastIndexOf('/node_modules/');
    if (at < 0) root = rootWithin(dir);
    else {
      const rest = dir.slice(at + 14).split('/');
      root = rest[0] === '' ? dir : dir.slice(0, at + 14) + rest.slice(0, rest[0][0] === '@' ? 2 : 1).join('/');
    }
    roots.set(dir, root);
  }
  return root;
}

// A child of a confined package (`--as`): id 0 is that package. It has its grants and its dependencies wherever the script lies, and so has what else
// belongs to no package.
const as = plan.as && plan.as.location !== '' ? plan.as : undefined;

const compartments = new Map();
function make(root) {
  const m = root === plan.project ? null : identity(root);
  const at = root.lastIndexOf('/node_modules/');
  const isApp = root === plan.project || root === mainRoot || root === as?.dir;
  const name = isApp ? as?.name ?? 'app' : at >= 0 ? root.slice(at + 14) : String(m?.name ?? root);
  const id = isApp ? 0 : psx.identify(root, name, typeof m?.version === 'string' ? m.version : '');
  if (isApp && app) return app;
  const c = {
    id, name, root: isApp && as ? as.dir : root, version: isApp && as ? as.version : m?.version,
    free: id === 0 && !as,        // loads whatever lies there
    ambient: psx.holds(id, psx.cap.ambient) && plan.mode !== 'learn', // held, not merely let pass: onerror "log" must record
    globals: new Map(), builtins: new Map(), modules: Object.create(null), globalObject: undefined, loading: 0,
    metadata: undefined,          // has a Reflect of its own?
  };
  if (isApp) app = c;
  if (!c.ambient) use('seal').errors();
  return c;
}
let app;
let mainRoot;

function ofRoot(root) {
  let c = compartments.get(root);
  if (c === undefined) compartments.set(root, c = make(root));
  return c;
}
exports.of = (file) => ofRoot(rootOf(file));
exports.ofRoot = ofRoot;
// In a worker whose creator may load another's file as the main script: the code of that package runs as the creator. Whose files they are stays:
// loading them is decided by that.
const originals = new Map();
exports.adopt = (file, c) => {
  const root = rootOf(file);
  originals.set(root, ofRoot(root));
  compartments.set(root, c);
};
exports.ownerOf = (file) => originals.get(rootOf(file)) ?? exports.of(file);
// The package that owns the main script is the application, wherever it lies: `npsx node_modules/.bin/eslint`.
exports.setMain = (file) => { mainRoot = rootOf(file); };
exports.app = () => app ?? ofRoot(plan.project);

// May code of `c` import the package called `name`? Importing a package that holds a capability is holding it.
exports.declares = (c, name) => {
  if (c.free) return true;
  const m = identity(c.root);
  if (m === null) return false;
  if (m.name === name) return true;
  for (const k of ['dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta']) if (m[k] && typeof m[k] === 'object' && Object.hasOwn(m[k], name)) return true;
  return false;
};
// Where the text of -e and the preloads stand: the current directory, unless that belongs to another package.
exports.here = () => (as && ofRoot(rootOf(`${plan.cwd}/x`)).id !== 0 ? as.dir : plan.cwd);
// Is this a file that the compartment may load as its own?
exports.owns = (c, file) => c.free || rootOf(file) === c.root;
// where psx.command looks bare names up
const startPath = host.global.process.env.PATH ?? '';
Object.assign(exports, { startPath, listed, manifest, identity, scopeOf, rootOf, dirname, normalise });

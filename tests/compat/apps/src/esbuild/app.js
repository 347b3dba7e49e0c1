// A program that is no JavaScript, started for each call and as a service.
const esbuild = require('esbuild');
const path = require('path');

console.log(esbuild.transformSync('const a: number = 1; export const f = (x?: string) => x ?? `${a}`;', { loader: 'ts', minify: true }).code);
const built = esbuild.buildSync({ entryPoints: [path.join(__dirname, 'in.ts')], bundle: true, write: false, format: 'cjs', platform: 'node', minify: true });
console.log(built.outputFiles[0].text);
try { esbuild.transformSync('let let', { logLevel: 'silent' }); } catch (error) { console.log(error.errors[0].text); }
(async () => {
  const { code } = await esbuild.transform('enum E { A = 1 }; console.log(E.A)', { loader: 'ts' });
  console.log(code);
  const { outputFiles } = await esbuild.build({ entryPoints: [path.join(__dirname, 'in.ts')], bundle: true, write: false, plugins: [{
    name: 'replace', setup(build) { build.onLoad({ filter: /part\.ts$/ }, () => ({ contents: 'export const part = "of the plugin"', loader: 'ts' })); },
  }] });
  console.log(outputFiles[0].text.includes('of the plugin'));
  await esbuild.stop();
})();

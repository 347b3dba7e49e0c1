const { ESLint } = require('eslint');

(async () => {
  const eslint = new ESLint({ cwd: __dirname, overrideConfigFile: `${__dirname}/eslint.config.mjs` });
  const results = await eslint.lintFiles(['bad.js']);
  for (const m of results[0].messages) console.log(`${m.line}:${m.column} ${m.ruleId} ${m.message}`);
  process.exitCode = results[0].errorCount ? 1 : 0;
})();

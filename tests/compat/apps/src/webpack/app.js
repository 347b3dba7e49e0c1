// A production build: two entries, a chunk that is loaded later, minimized in threads or processes of its own; then what it built is run.
const path = require('path');
const fs = require('fs');
const webpack = require('webpack');

const dist = path.join(__dirname, 'dist');
webpack({
  mode: 'production', target: 'node', context: __dirname, devtool: 'source-map', performance: false,
  entry: { main: './src/main.js', other: './src/other.js' },
  output: { path: dist, filename: '[name].js', library: { type: 'commonjs2' } },
}, (error, stats) => {
  if (error) throw error;
  console.log(stats.toJson({ all: false, errors: true, warnings: true, assets: true }).assets.map(({ name, size, info }) => `${name} ${size} ${info.minimized === true}`).sort().join('\n'));
  console.log(fs.readdirSync(dist).sort().join());
  require('./dist/main.js').run().then((value) => console.log(value));
});

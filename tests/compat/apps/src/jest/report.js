// What jest found, without times.
module.exports = class Report {
  onRunComplete(_, { testResults, numPassedTests, numFailedTests }) {
    const lines = testResults.flatMap((file) => file.testResults.map((t) => `${t.status} ${t.fullName} ${t.failureMessages.map((m) => m.split('\n    at ')[0]).join('')}`));
    console.log(`${lines.sort().join('\n')}\n${numPassedTests} passed, ${numFailedTests} failed`);
  }
};

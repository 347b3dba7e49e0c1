// What vitest found, without times.
export default class Report {
  onTestRunEnd(modules, errors, reason) {
    const lines = modules.flatMap((file) => [...file.children.allTests()].map((t) => {
      const { state, errors: wrong = [] } = t.result();
      return `${file.relativeModuleId} ${state} ${t.fullName} ${wrong.map((e) => e.message).join()}`;
    }));
    console.log(`${lines.sort().join('\n')}\n${reason}, ${errors.length} errors`);
  }
}

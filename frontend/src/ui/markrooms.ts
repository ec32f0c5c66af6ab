/** The rooms of annotations, and what each asks for. */

import type { Desk } from "../rooms";
import { MarkCanvas } from "./markcanvas";
import { MarkPanel } from "./markpanel";
import { MarkTools } from "./marktools";

export function makeMarkRooms(desk: Desk) {
  const markTools = new MarkTools({
    onTool: (tool) => desk.marking.take(tool),
    onFinish: () => desk.marking.finish(),
    onStepBack: () => desk.marking.stepBack(),
    onCancel: () => desk.marking.leave(),
  });
  return {
    marks: new MarkPanel(
      {
        onClose: () => desk.marking.toggle(false),
        onNewSet: () => desk.marking.sets.newSet(),
        onOpenSet: () => desk.marking.sets.openSet(),
        onActivate: (set) => desk.marking.with((marks) => marks.activate(set)),
        onVisible: (set, visible) => desk.marking.with((marks) => marks.show(set.id, visible)),
        onHide: (set) => desk.marking.with((marks) => marks.hide(set.id)),
        onSettings: (set) => desk.marking.sets.settings(set),
        onSetHistory: (set) => desk.marking.sets.setHistory(set),
        onImport: () => desk.marking.sets.chooseFile(),
        onExport: (format) => void desk.marking.sets.give(format),
        onUndo: () => desk.marking.with((marks) => marks.undo()),
        onRedo: () => desk.marking.with((marks) => marks.redo()),
        onFilter: (filter) => desk.marking.find(filter),
        onOrder: (order) => desk.marking.sort(order),
        onColoring: (by) => desk.marking.colorBy(by),
        onKeepMine: (op) => desk.marking.with((marks) => marks.sender.keepMine(op.n)),
        onTakeTheirs: (op) => desk.marking.with((marks) => marks.sender.drop(op.n)),
        onChoose: (mark) => desk.marking.choose(mark),
        onFly: (mark) => desk.marking.fly(mark),
        onDelete: (mark) => desk.marking.remove(mark),
        onWrite: (mark, patch) => desk.marking.write(mark, patch),
        onHistory: (mark) => desk.marking.sets.history(mark),
        onRegion: (id) => {
          desk.selection.select([id], true);
          void desk.selection.fly(id);
        },
        onLetGo: () => desk.marking.letGo(),
      },
      markTools.tools,
    ),
    markTools,
    markCanvas: new MarkCanvas({
      onMove: (points, done) => desk.marking.move(points, done),
    }),
  };
}

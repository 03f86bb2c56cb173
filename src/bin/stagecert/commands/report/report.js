'use strict';
// Sorts and filters the table and what to do, and copies commands. The page is complete without
// this script. Handles only text, no HTML.
(() => {
  const table = document.getElementById('table');
  const form = document.getElementById('filter');
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  // Narrow screens lay the table out in blocks, which may hide from a screen reader that it is one.
  for (const row of rows) {
    row.setAttribute('role', 'row');
    for (const cell of row.cells) cell.setAttribute('role', cell.tagName === 'TH' ? 'rowheader' : 'cell');
  }
  const places = new Map(rows.map((row, place) => [row, String(place)]));
  const result = (row) => row.cells[1].textContent;
  // The result is sorted by severity, which is the initial order.
  const key = (row, column) => (column === 1 ? places.get(row) : row.cells[column].textContent.replace(/^–$/, ''));

  const sort = (header, column) => {
    const down = header.getAttribute('aria-sort') === 'ascending';
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const { compare } = new Intl.Collator('en', { numeric: true });
    const order = (one, other) => {
      const [a, b] = [key(one, column), key(other, column)];
      // Empty values are last in either order.
      if (!a || !b) return !a - !b;
      return (down ? -1 : 1) * compare(a, b);
    };
    body.append(...rows.sort(order));
  };

  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = header.textContent;
    button.addEventListener('click', () => sort(header, column));
    header.replaceChildren(button);
  });

  const kinds = Array.from(document.querySelectorAll('.todo')).map((kind) => ({
    kind,
    count: kind.querySelector('[data-of]'),
    stages: Array.from(kind.querySelectorAll('[data-row]')).map((stage) => [stage, rows[stage.dataset.row - 1]]),
  }));
  const filterKinds = () => {
    for (const { kind, count, stages } of kinds) {
      let shown = 0;
      for (const [stage, row] of stages) {
        stage.hidden = row.hidden;
        shown += !row.hidden;
      }
      kind.hidden = shown === 0;
      count.textContent = shown === stages.length ? count.dataset.of : `${shown} of ${count.dataset.of}`;
    }
  };

  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const { text, result: wanted, check, count } = form.elements;
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const failed = row.querySelectorAll('ul:not(.why) li');
      const matches =
        words.every((word) => texts.get(row).includes(word)) &&
        (!wanted.value || result(row) === wanted.value || (wanted.value === 'NON_COMPLIANT' && failed.length > 0)) &&
        (!check.value || Array.from(failed).some((it) => it.textContent.startsWith(`${check.value}:`)));
      row.hidden = !matches;
      shown += matches;
    }
    count.textContent = `${shown} of ${rows.length}`;
    filterKinds();
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  filter();

  const copy = async (button, code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    } catch {
      // Without access to the clipboard, the text is selected, ready to be copied by hand.
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
  };
  const addButton = (code, what, place) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy ${what}`);
    button.addEventListener('click', () => copy(button, code));
    place(button);
  };
  for (const code of document.querySelectorAll('.todo pre code')) {
    addButton(code, 'the command', (button) => code.parentElement.after(button));
  }
  // A list may have thousands of stages, so its buttons are added when it is opened.
  for (const details of document.querySelectorAll('.todo details')) {
    const add = () => {
      if (!details.open || details.querySelector('.copy')) return;
      for (const code of details.querySelectorAll('code')) {
        const stage = code.closest('tr').cells[0].textContent;
        addButton(code, `the variables of ${stage}`, (button) => code.after(' ', button));
      }
    };
    details.addEventListener('toggle', add);
    add();
  }
})();

'use strict';
// Sorts and filters the table, which is complete without this script. Handles only text, no HTML.
(() => {
  const table = document.getElementById('table');
  const form = document.getElementById('filter');
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const key = (row, column) => row.cells[column].dataset.sort;

  const sort = (header, column) => {
    const down = header.getAttribute('aria-sort') === 'ascending';
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const order = (one, other) => {
      const [a, b] = [key(one, column), key(other, column)];
      // Empty values are last in either order.
      if (!a || !b) return !a - !b;
      return (down ? -1 : 1) * a.localeCompare(b, 'en', { numeric: true });
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

  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const { text, result, check, count } = form.elements;
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const matches =
        words.every((word) => texts.get(row).includes(word)) &&
        (!result.value || row.dataset.result === result.value) &&
        (!check.value || row.dataset.checks.split(' ').includes(check.value));
      row.hidden = !matches;
      shown += matches;
    }
    count.textContent = `${shown} of ${rows.length}`;
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();

// A scanner is a keyboard that types faster than a hand and ends with Enter. What it types is taken out of the page again
// and told as one scan, wherever the focus is.

const GAP_MS_MAX = 50; // between two keys
const LENGTH_MIN = 8;

type Field = HTMLInputElement | HTMLTextAreaElement;

function fieldInFocus(): Field | null {
  const element = document.activeElement;
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element : null;
}

export function listenToScanner(onScan: (text: string) => void): void {
  let text = '';
  let last = -Infinity;
  let field: Field | null = null;
  let before = '';

  document.addEventListener(
    'keydown',
    (key) => {
      if (key.ctrlKey || key.altKey || key.metaKey) return;
      const fast = key.timeStamp - last <= GAP_MS_MAX;
      if (key.key === 'Enter') {
        const scanned = fast && text.length >= LENGTH_MIN ? text : '';
        text = '';
        if (scanned === '') return;
        key.preventDefault();
        key.stopImmediatePropagation();
        if (field !== null && field.isConnected) {
          field.value = before;
          field.dispatchEvent(new Event('input', { bubbles: true }));
        }
        onScan(scanned);
        return;
      }
      if (key.key.length !== 1) return; // Shift and the like
      last = key.timeStamp;
      if (!fast || text === '') {
        text = key.key;
        field = fieldInFocus();
        before = field?.value ?? '';
        return;
      }
      text += key.key;
      // A space in the middle of a scan must not press the button in focus.
      if (key.key === ' ' && field === null) key.preventDefault();
    },
    { capture: true },
  );
}

// An ordered scale of five as drawn faces with their words: told apart by mouth, brow and word, and only then by colour.

export interface FaceOption {
  label: string;
  language: string;
}

interface Props {
  options: FaceOption[];
  chosen: number | undefined; // from 1
  labelledBy: string;
  rows?: boolean; // words beside the faces: they are too long to stand below
  onChoose: (choice: number) => void;
}

const MOUTHS = [
  'M33 73 Q50 54 67 73',
  'M35 70 Q50 61 65 70',
  'M35 67 L65 67',
  'M34 63 Q50 76 66 63',
  'M31 59 H69 Q66 79 50 79 Q34 79 31 59 Z',
];
const BROWS = ['M27 33 L42 39 M73 33 L58 39', 'M28 37 L41 37 M72 37 L59 37', '', '', ''];

export function Face({ step }: { step: number }) {
  return (
    <svg class={`face face-${step}`} viewBox="0 0 100 100" aria-hidden="true" focusable="false">
      <circle class="skin" cx="50" cy="50" r="46" />
      <path class="line" d={BROWS[step - 1]} />
      <ellipse class="eye" cx="36" cy="44" rx="4.5" ry="6" />
      <ellipse class="eye" cx="64" cy="44" rx="4.5" ry="6" />
      <path class={step === 5 ? 'smile' : 'line'} d={MOUTHS[step - 1]} />
    </svg>
  );
}

export function Faces({ options, chosen, labelledBy, rows, onChoose }: Props) {
  return (
    <div class={rows ? 'faces rows' : 'faces'} role="group" aria-labelledby={labelledBy}>
      {options.map((option, i) => (
        <button type="button" class="face-button" key={i} aria-pressed={chosen === i + 1}
          onClick={() => onChoose(i + 1)}>
          <Face step={i + 1} />
          <span lang={option.language}>{option.label}</span>
        </button>
      ))}
    </div>
  );
}

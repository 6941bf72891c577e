interface ChoiceProps {
  name: string;
  label: string;
  chosen: string | undefined;
  options: readonly string[];
  wordOf?: (option: string) => string;
  /** What is chosen where nothing is; without it something always is. */
  none?: string;
}

/** A filter of a list: one of a few words. */
export function Choice({ name, label, chosen, options, wordOf = (option) => option, none }: ChoiceProps) {
  const shown = chosen === undefined || options.includes(chosen) ? options : [...options, chosen];
  return (
    <p>
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        {none !== undefined && <option value="">{none}</option>}
        {shown.map((option) => (
          <option value={option} selected={option === chosen}>
            {wordOf(option)}
          </option>
        ))}
      </select>
    </p>
  );
}

// What ESLint looks for in scripts that browsers load as they lie.
import js from "@eslint/js";
import globals from "globals";

// What takes text for markup or for code: what people type, draw and name never comes near.
const MARKUP =
  /^(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|parseFromString|srcdoc)$/;

export default [
  { ignores: ["node_modules/", "benchmarks/", ".venv/"] },
  js.configs.recommended,
  {
    files: ["assets/**/*.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
  },
  {
    files: ["tests/js/**/*.js", "tools/**/*.js", "*.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.nodeBuiltin },
  },
  {
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": [
        "error",
        `MemberExpression[property.name=${MARKUP}]`,
        "MemberExpression[property.name=write][object.name=document]",
      ],
      "no-script-url": "error",
      "no-unused-vars": ["error", { args: "after-used" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
];

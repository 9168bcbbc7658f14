/** In place of a plugin of `react-markdown`. */
export default {};

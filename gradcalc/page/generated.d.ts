/** What `views/report_program.py` writes from the rows of activations, joins and losses. */
declare const activations: {
  couples: boolean;
  value: (x: any, alpha?: number) => any;
  derivative: (x: any, y: any, alpha?: number) => any;
  byAlpha?: (x: number) => number;
}[];
declare const joins: { value: (s: number[]) => number; derivatives: (s: number[]) => number[] }[];
declare const losses: { terms: (y: any, t: any, x: any) => any; derivatives: (y: any, t: any, x: any) => any }[];

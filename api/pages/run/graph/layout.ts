import { Graph, layout } from '@dagrejs/dagre';
import type { GraphEdge, GraphNode, PipelineGraph } from './model.ts';

export interface Point {
  x: number;
  y: number;
}

/** Around its middle. */
export interface Box extends Point {
  width: number;
  height: number;
}

export type PlacedNode = GraphNode & Box;
/** `x` and `y` are where its decisions are written. */
export type PlacedEdge = GraphEdge & Point & { points: Point[] };

export interface Drawing {
  width: number;
  height: number;
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

const STAGE = { width: 178, height: 46 };
const END = { width: 112, height: 28 };
/** Of a letter, roughly, in the size in which decisions are written. */
export const LABEL = { letterWidth: 5.7, lineHeight: 14 };

/** Places the graph from top to bottom, with room for the decisions beside the lines. */
export function placed({ nodes, edges }: PipelineGraph): Drawing {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 14, ranksep: 19, edgesep: 12, marginx: 3, marginy: 3 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { ...(node.kind === 'end' ? END : STAGE) });
  for (const edge of edges)
    graph.setEdge(edge.from, edge.to, { ...labelSize(edge), labelpos: 'c', weight: weightOf(edge) });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map((node) => ({ ...node, ...boxOf(graph.node(node.id)) })),
    edges: edges.map((edge) => ({ ...edge, ...lineOf(graph.edge(edge.from, edge.to)) })),
  };
}

function labelSize({ decisions }: GraphEdge): { width: number; height: number } {
  const letters = Math.max(...decisions.map(({ choice }) => choice.length));
  return { width: letters * LABEL.letterWidth + 6, height: decisions.length * LABEL.lineHeight };
}

/** The way that goes on is straight; what leads aside or ends the run gives way. */
function weightOf({ to, isImplicit }: GraphEdge): number {
  return isImplicit || to.startsWith('end:') ? 1 : 3;
}

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box {
  return { x, y, width, height };
}

function lineOf({
  x = 0,
  y = 0,
  points = [],
}: Partial<Point> & { points?: Point[] }): Point & { points: Point[] } {
  return { x, y, points };
}

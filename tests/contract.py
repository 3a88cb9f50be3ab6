"""The example of the contract's page on `gradcalc compute residual --json`, as it stands there."""

COMPUTE_RESIDUAL = """{
  "gradcalc": "0.1.0",
  "command": "compute",
  "name": "residual",
  "activations": ["sigmoid"],
  "loss": {"name": "mse", "value": 0.22474309029744466, "formula": "(y - t)^2"},
  "input": {"x": 0.5},
  "target": {"y": 1},
  "forward": {
    "x":  {"output": 0.5},
    "h1": {"activation": "sigmoid", "preactivation": 0.1, "output": 0.52497918747894,
           "derivative": 0.24937604019289197},
    "h2": {"activation": "sigmoid", "preactivation": 0.052497918747894, "output": 0.5131214662275662,
           "derivative": 0.24982782712403884},
    "y":  {"activation": "sigmoid", "preactivation": 0.10381006537065063, "output": 0.5259292349264251,
           "derivative": 0.24932767477613027}
  },
  "backward": {
    "y":  {"output": -0.9481415301471499, "delta": -0.2363979230702711},
    "h2": {"output": -0.023639792307027112, "delta": -0.005905877945728152},
    "h1": {"output": -0.024230380101599926, "delta": -0.006042476242105633},
    "x":  {"output": -0.0012084952484211267}
  },
  "parameters": {"w1": 0.2, "w2": 0.1, "w3": 0.1, "w_r": 0.1},
  "frozen": [],
  "gradients": {"w1": -0.0030212381210528165, "w2": -0.003100463005298157, "w3": -0.1213008488989689,
                "w_r": -0.12410398957513989},
  "log10": {"w1": -2.5198150441461813, "w2": -2.5085734462846884, "w3": -0.9161361598024473,
            "w_r": -0.9062142569974966},
  "paths": {
    "w1": {"count": 2, "top": [
      {"nodes": ["h1", "y"], "through": ["w_r"], "length": 1, "contribution": -0.002947598898254406,
       "share": 0.9756261440350323},
      {"nodes": ["h1", "h2", "y"], "through": ["w2", "w3"], "length": 2, "contribution": -7.363922279841091e-05,
       "share": 0.02437385596496767}]},
    "w2": {"count": 1, "top": [
      {"nodes": ["h2", "y"], "through": ["w3"], "length": 1, "contribution": -0.003100463005298157, "share": 1.0}]},
    "w3": {"count": 1, "top": [
      {"nodes": ["y"], "through": [], "length": 0, "contribution": -0.1213008488989689, "share": 1.0}]},
    "w_r": {"count": 1, "top": [
      {"nodes": ["y"], "through": [], "length": 0, "contribution": -0.12410398957513989, "share": 1.0}]}
  }
}"""

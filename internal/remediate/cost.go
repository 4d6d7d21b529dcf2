package remediate

func (p *planner) price(plan *Plan) {}

"""Which model, which route, and the plan that bridges what was asked for and what the route does natively."""

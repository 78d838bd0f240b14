"""The invented history, the demo accounts and the rehearsals: everything here is marked 演示数据."""

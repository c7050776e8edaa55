"""What renders scenes: the ``Simulator`` protocol, Embree, and view grids rendered once and looked up for ever."""
